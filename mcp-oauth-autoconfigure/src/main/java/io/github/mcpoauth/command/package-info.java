// SPDX-License-Identifier: Apache-2.0

/**
 * The command line: {@code mcp login}, {@code list}, {@code status}, {@code refresh} and
 * others.
 */
@NullMarked
package io.github.mcpoauth.command;

import org.jspecify.annotations.NullMarked;
