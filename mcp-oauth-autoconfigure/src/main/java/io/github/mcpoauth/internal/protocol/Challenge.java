// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * An authentication challenge (RFC 9110, section 11.3).
 *
 * @param scheme the authentication scheme as received, compared without regard to case
 * @param parameters the authentication parameters, names in lower case, values without
 * quotes and as untrusted as the server; the first one counts where a name repeats
 */
public record Challenge(String scheme, Map<String, String> parameters) {

	public Challenge {
		parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
	}

	/**
	 * Parse challenges. Never fails: text outside the grammar is read as far as possible,
	 * and the rest skipped.
	 * @param values values of the {@code WWW-Authenticate} header fields, each of which
	 * may hold any number of challenges
	 * @return the challenges, in order
	 */
	public static List<Challenge> parse(List<String> values) {
		List<Challenge> challenges = new ArrayList<>();
		values.forEach((value) -> new Parser(value, challenges).parse());
		return Collections.unmodifiableList(challenges);
	}

	/**
	 * Whether the challenge is of a scheme.
	 * @param other name of a scheme
	 * @return {@code true} if it is
	 */
	public boolean is(String other) {
		return this.scheme.equalsIgnoreCase(other);
	}

	/**
	 * A parameter.
	 * @param name its name in lower case
	 * @return the value, {@code null} if absent
	 */
	public @Nullable String parameter(String name) {
		return this.parameters.get(name);
	}

	/**
	 * Reads one header field value from left to right, each character once.
	 */
	private static final class Parser {

		private final String text;

		private final List<Challenge> challenges;

		private @Nullable String scheme;

		private Map<String, String> parameters = new LinkedHashMap<>();

		private int position;

		Parser(String text, List<Challenge> challenges) {
			this.text = text;
			this.challenges = challenges;
		}

		void parse() {
			skip(" \t,");
			while (this.position < this.text.length()) {
				readElement();
				skip(" \t,");
			}
			finish();
		}

		/**
		 * A word with an equals sign is a parameter, one without begins a challenge.
		 */
		private void readElement() {
			String word = readUntil(" \t,=\"");
			int end = this.position;
			skip(" \t");
			if (at('=')) {
				this.position++;
				skip(" \t");
				String value = at('"') ? readQuoted() : readUntil(" \t,");
				if (this.scheme != null && !word.isEmpty()) {
					this.parameters.putIfAbsent(word.toLowerCase(Locale.ROOT), value);
				}
			}
			else if (word.isEmpty()) {
				readQuoted();
			}
			else {
				finish();
				this.scheme = word;
				if (this.position > end) {
					skipToken68();
				}
			}
		}

		private void finish() {
			if (this.scheme != null) {
				this.challenges.add(new Challenge(this.scheme, this.parameters));
			}
			this.scheme = null;
			this.parameters = new LinkedHashMap<>();
		}

		/**
		 * Credentials in one piece, as Negotiate has them, mean nothing to us, and must
		 * not be taken for the name of a parameter or scheme.
		 */
		private void skipToken68() {
			int start = this.position;
			while (this.position < this.text.length() && isToken68(this.text.charAt(this.position))) {
				this.position++;
			}
			boolean some = this.position > start;
			skip("=");
			skip(" \t");
			if (!some || (this.position < this.text.length() && !at(','))) {
				this.position = start;
			}
		}

		private static boolean isToken68(char c) {
			return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
					|| "-._~+/".indexOf(c) >= 0;
		}

		private String readQuoted() {
			StringBuilder value = new StringBuilder();
			this.position++;
			while (this.position < this.text.length() && !at('"')) {
				if (at('\\') && this.position + 1 < this.text.length()) {
					this.position++;
				}
				value.append(this.text.charAt(this.position++));
			}
			this.position++;
			return value.toString();
		}

		private String readUntil(String delimiters) {
			int start = this.position;
			while (this.position < this.text.length() && delimiters.indexOf(this.text.charAt(this.position)) < 0) {
				this.position++;
			}
			return this.text.substring(start, this.position);
		}

		private void skip(String characters) {
			while (this.position < this.text.length() && characters.indexOf(this.text.charAt(this.position)) >= 0) {
				this.position++;
			}
		}

		private boolean at(char c) {
			return this.position < this.text.length() && this.text.charAt(this.position) == c;
		}

	}

}
