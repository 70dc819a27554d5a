// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.InputStream;
import java.io.PrintStream;

/**
 * The standard streams of a command.
 *
 * @param in standard input
 * @param out where results go
 * @param err where all else goes
 */
record Terminal(InputStream in, PrintStream out, PrintStream err) {
}
