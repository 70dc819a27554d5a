// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.text;

import org.jspecify.annotations.Nullable;

/**
 * Makes text of other parties safe for a message: quoted, cut, and stripped of characters
 * that a terminal, a log or a model might act on.
 */
public final class UntrustedText {

	private static final int LONGEST = 200;

	private UntrustedText() {
	}

	/**
	 * Quote a text for a message or a log line.
	 * @param text text of a server, a file or a user
	 * @return the text in single quotes, at most 200 characters, control and format
	 * characters replaced by spaces; {@code ''} for {@code null}
	 */
	public static String quote(@Nullable String text) {
		if (text == null) {
			return "''";
		}
		StringBuilder quoted = new StringBuilder(Math.min(text.length(), LONGEST) + 5).append('\'');
		text.codePoints().limit(LONGEST).map(UntrustedText::quotable).forEach(quoted::appendCodePoint);
		if (text.codePointCount(0, text.length()) > LONGEST) {
			quoted.append("...");
		}
		return quoted.append('\'').toString();
	}

	/**
	 * Make a whole text fit for a terminal.
	 * @param text text of a server or a file
	 * @return the text with control and format characters other than line breaks and tabs
	 * replaced by spaces
	 */
	public static String printable(String text) {
		StringBuilder printable = new StringBuilder(text.length());
		text.codePoints()
			.map((codePoint) -> (codePoint == '\n' || codePoint == '\t') ? codePoint : printable(codePoint))
			.forEach(printable::appendCodePoint);
		return printable.toString();
	}

	private static int quotable(int codePoint) {
		return (codePoint == '\'') ? '"' : printable(codePoint);
	}

	private static int printable(int codePoint) {
		return switch (Character.getType(codePoint)) {
			case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
					Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
				' ';
			default -> codePoint;
		};
	}

	/**
	 * An address for users and logs. A query may hold a key, and so may a user.
	 * @param url an address
	 * @return the address without a user, and with three dots for its query
	 */
	public static String withoutSecrets(String url) {
		int query = url.indexOf('?');
		String path = (query >= 0) ? url.substring(0, query) + "?..." : url;
		return path.replaceFirst("//[^/@]*@", "//");
	}

}
