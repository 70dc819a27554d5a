// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Named;

/**
 * Hostile texts that every parser of foreign text must read in linear time, without an
 * exception that has no name.
 */
public final class HostileText {

	private static final int MEBI = 1024 * 1024;

	private HostileText() {
	}

	/**
	 * The texts, each with a name, as arguments of a test.
	 */
	public static Stream<Named<String>> all() {
		return texts().entrySet().stream().map((entry) -> Named.of(entry.getKey(), entry.getValue()));
	}

	/**
	 * The texts by name.
	 */
	public static Map<String, String> texts() {
		Map<String, String> texts = new LinkedHashMap<>();
		texts.put("number of a million digits",
				"{\"access_token\":\"a\",\"expires_in\":" + "9".repeat(1_000_000) + "}");
		texts.put("fraction of a million digits", "{\"expires_in\":0." + "9".repeat(1_000_000) + "}");
		texts.put("huge exponent", "{\"expires_in\":1e999999999,\"expires_at\":1E-999999999}");
		texts.put("number of a million digits as text", "{\"expires_in\":\"" + "9".repeat(1_000_000) + "\"}");
		texts.put("nested lists", "{\"a\":" + "[".repeat(400_000) + "]".repeat(400_000) + "}");
		texts.put("nested objects", "{\"error\":".repeat(100_000) + "1" + "}".repeat(100_000));
		texts.put("long name", "{\"" + "n".repeat(MEBI) + "\":1}");
		texts.put("many names", "{" + numbered("\"n%d\":1,", 60_000) + "\"z\":1}");
		texts.put("colliding names", "{" + colliding(4096) + "\"z\":1}");
		texts.put("duplicate members", "{" + "\"error\":\"a\",".repeat(50_000) + "\"error\":\"b\"}");
		texts.put("truncated UTF-8",
				new String("{\"error\":\"\u00e4".getBytes(StandardCharsets.UTF_8), 0, 11, StandardCharsets.UTF_8));
		texts.put("byte order mark", "\uFEFF{\"error\":\"invalid_grant\"}");
		texts.put("many byte order marks", "\uFEFF".repeat(100_000));
		texts.put("control characters", "{\"error\":\"\u0000\u001b[2J\r\n\t\u007f\u202e\"}");
		for (char character : "{}[]\"'\\,:;=&?%+/#<> \n\t\u0000a0-.@\u00e4\uD83D".toCharArray()) {
			texts.put("1 MiB of U+%04X".formatted((int) character), String.valueOf(character).repeat(MEBI));
		}
		texts.put("quotes and blanks", "\" ".repeat(MEBI / 2));
		texts.put("parameters", "a=b&".repeat(MEBI / 4));
		texts.put("quoted parameters", "Bearer a=\"b\", ".repeat(MEBI / 14));
		texts.put("schemes", "Bearer ".repeat(MEBI / 7));
		texts.put("escapes", "%41".repeat(MEBI / 3));
		return texts;
	}

	private static String numbered(String format, int count) {
		StringBuilder text = new StringBuilder();
		for (int i = 0; i < count; i++) {
			text.append(format.formatted(i));
		}
		return text.toString();
	}

	/**
	 * Names that share one hash code.
	 */
	private static String colliding(int count) {
		StringBuilder text = new StringBuilder();
		for (int i = 0; i < count; i++) {
			text.append('"');
			for (int bit = 0; bit < 12; bit++) {
				text.append(((i & (1 << bit)) != 0) ? "Aa" : "BB");
			}
			text.append("\":1,");
		}
		return text.toString();
	}

}
