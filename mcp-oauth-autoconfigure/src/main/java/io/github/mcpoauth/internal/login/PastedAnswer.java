// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import io.github.mcpoauth.internal.protocol.AuthorizationResponse;

/**
 * Reads the text that a user copied from the browser, in time that grows with its length
 * only.
 */
final class PastedAnswer {

	/**
	 * Longer than any redirect URL that a browser shows.
	 */
	private static final int LONGEST = 65536;

	private static final String OPENING = "<\"'`";

	private static final String CLOSING = ">\"'`";

	private PastedAnswer() {
	}

	/**
	 * Read the answer.
	 * @param pasted the redirect URL, its query, or the code
	 * @return the answer
	 * @throws IllegalArgumentException if the text is none of these
	 */
	static AuthorizationResponse read(String pasted) {
		if (pasted.length() > LONGEST) {
			throw new IllegalArgumentException("This is too long for a redirect URL or a code");
		}
		return AuthorizationResponse.ofPasted(unwrap(pasted));
	}

	/**
	 * Remove the quotes and line breaks that terminals and mail programs add.
	 */
	private static String unwrap(String pasted) {
		String text = unquote(pasted.strip()).strip();
		return (text.indexOf('=') >= 0) ? withoutBlanks(text) : text;
	}

	private static String unquote(String text) {
		int start = 0;
		int end = text.length();
		while (start < end && OPENING.indexOf(text.charAt(start)) >= 0) {
			start++;
		}
		while (start > 0 && end > start && CLOSING.indexOf(text.charAt(end - 1)) >= 0) {
			end--;
		}
		boolean quoted = start > 0 && (end < text.length() || start == end);
		return quoted ? text.substring(start, end) : text;
	}

	private static String withoutBlanks(String text) {
		StringBuilder rest = new StringBuilder(text.length());
		text.chars().filter((character) -> !Character.isWhitespace(character)).forEach((c) -> rest.append((char) c));
		return rest.toString();
	}

}
