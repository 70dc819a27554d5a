// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;

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
	 * @param redirectUri the redirect URI of the login
	 * @return the answer
	 * @throws IllegalArgumentException if the text is something else, or the URL does not
	 * begin with the redirect URI
	 */
	static AuthorizationResponse read(String pasted, URI redirectUri) {
		if (pasted.length() > LONGEST) {
			throw new IllegalArgumentException("This is too long for a redirect URL or a code");
		}
		String text = unwrap(pasted);
		String address = address(text);
		// A code that came to another address may belong to another user
		if (address.contains("://") && !address.equalsIgnoreCase(address(redirectUri.toString()))) {
			throw new IllegalArgumentException(
					"This is not the address that the login waits for, which begins with " + redirectUri);
		}
		return AuthorizationResponse.ofPasted(text);
	}

	/**
	 * The address without query and fragment.
	 */
	private static String address(String text) {
		int end = 0;
		while (end < text.length() && text.charAt(end) != '?' && text.charAt(end) != '#') {
			end++;
		}
		String address = text.substring(0, end);
		return address.endsWith("/") ? address.substring(0, end - 1) : address;
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
