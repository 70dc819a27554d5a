// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Command lines as the documentation shows them.
 */
public final class CommandLines {

	private CommandLines() {
	}

	/**
	 * The complaint of the command line about words after {@code mcp} that it does not
	 * understand.
	 * @param words the words
	 * @return the complaint, empty if they are understood
	 */
	public static String complaint(List<String> words) {
		ByteArrayOutputStream errors = new ByteArrayOutputStream();
		Terminal terminal = new Terminal(new ByteArrayInputStream(new byte[0]),
				new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
				new PrintStream(errors, true, StandardCharsets.UTF_8));
		McpCommandLine commandLine = McpCommandLine.parse(words, terminal);
		return (commandLine.exitCode() == ExitCode.DONE) ? "" : errors.toString(StandardCharsets.UTF_8);
	}

}
