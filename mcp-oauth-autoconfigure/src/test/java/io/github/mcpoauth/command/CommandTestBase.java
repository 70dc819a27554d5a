// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Keeps the output of commands.
 */
abstract class CommandTestBase {

	final ByteArrayOutputStream out = new ByteArrayOutputStream();

	final ByteArrayOutputStream err = new ByteArrayOutputStream();

	final Terminal terminal() {
		return terminal(InputStream.nullInputStream());
	}

	final Terminal terminal(InputStream in) {
		return new Terminal(in, stream(this.out), stream(this.err));
	}

	private static PrintStream stream(ByteArrayOutputStream bytes) {
		return new PrintStream(bytes, true, StandardCharsets.UTF_8);
	}

	final String out() {
		return this.out.toString(StandardCharsets.UTF_8);
	}

	final String err() {
		return this.err.toString(StandardCharsets.UTF_8);
	}

	final List<String> lines() {
		return out().lines().toList();
	}

}
