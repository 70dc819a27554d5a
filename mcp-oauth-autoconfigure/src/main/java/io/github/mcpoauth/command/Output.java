// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.internal.text.UntrustedText;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where a command's words go: results to the standard output, as lines of text or as one
 * JSON value a line, and all else to the standard error output.
 */
final class Output {

	private final PrintStream out;

	private final PrintStream err;

	private final boolean json;

	Output(PrintStream out, PrintStream err, boolean json) {
		this.out = out;
		this.err = err;
		this.json = json;
	}

	/**
	 * Print a result in the form that was asked for.
	 * @param members the result as the members of a JSON object
	 * @param lines the result as lines of text
	 */
	void result(Map<String, ?> members, List<String> lines) {
		if (this.json) {
			this.out.println(Json.WRITER.writeValueAsString(members));
		}
		else {
			lines.forEach((line) -> this.out.println(UntrustedText.printable(line)));
		}
		this.out.flush();
	}

	/**
	 * Print something that stands beside the result: a JSON value of its own, or a note,
	 * so that the standard output holds nothing but the result.
	 * @param members the members of a JSON object
	 * @param text the same as text
	 */
	void listed(Map<String, ?> members, String text) {
		if (this.json) {
			result(members, List.of());
		}
		else {
			note(text);
		}
	}

	/**
	 * Print a failure: its message as text and, in JSON, its members as the result.
	 * @param failure the failure
	 */
	void failure(Failure failure) {
		note(failure.message());
		if (this.json) {
			result(failure.members(), List.of());
		}
	}

	/**
	 * Print a note on the terminal.
	 * @param text the text to print
	 */
	void note(String text) {
		this.err.println(UntrustedText.printable(text));
		this.err.flush();
	}

	/**
	 * Loaded with the first JSON, which help and results in text do without.
	 */
	private static final class Json {

		private static final ObjectWriter WRITER = JsonMapper.builder()
			.enable(JsonWriteFeature.ESCAPE_NON_ASCII)
			.build()
			.writer();

	}

}
