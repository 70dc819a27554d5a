// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.question;

import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An address that a server wants the user to open. It is https, or http on this machine,
 * and has no character that is not visible.
 *
 * @param value the whole address as the server wrote it
 * @param domain the host that a browser connects to, in ASCII, with the port if there is
 * one
 * @param warnings reasons to look twice, empty for a plain address
 */
public record QuestionUrl(String value, String domain, Set<Warning> warnings) {

	private static final int LONGEST = 8192;

	private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[::1]");

	private static final Pattern PORT = Pattern.compile("(:[0-9]{0,5})?");

	public QuestionUrl {
		warnings = Set.copyOf(warnings);
	}

	/**
	 * Check an address.
	 * @param value the address as the server wrote it
	 * @return the address
	 * @throws IllegalArgumentException if no user should open it. The message does not
	 * contain it
	 */
	public static QuestionUrl of(String value) {
		if (value.length() > LONGEST) {
			throw refused("is longer than %d characters".formatted(LONGEST));
		}
		if (value.codePoints().anyMatch(QuestionUrl::isInvisible) || value.indexOf('\\') >= 0) {
			throw refused("contains a blank, a backslash or a character that is not visible");
		}
		URI uri = parse(value);
		String authority = uri.getRawAuthority();
		if (authority == null) {
			throw refused("names no host");
		}
		Set<Warning> warnings = EnumSet.noneOf(Warning.class);
		int user = authority.lastIndexOf('@');
		if (user >= 0) {
			warnings.add(Warning.USER_INFO);
		}
		String rest = authority.substring(user + 1);
		int end = rest.startsWith("[") ? rest.indexOf(']') + 1 : rest.indexOf(':');
		String host = (end >= 0) ? rest.substring(0, end) : rest;
		String port = rest.substring(host.length());
		if (host.isEmpty() || host.indexOf('%') >= 0 || !PORT.matcher(port).matches()) {
			throw refused("names no proper host");
		}
		String ascii = ascii(host);
		addLookAlikes(host, ascii, warnings);
		boolean loopback = LOOPBACK.matcher(ascii).matches();
		if (!"https".equalsIgnoreCase(uri.getScheme()) && !(loopback && "http".equalsIgnoreCase(uri.getScheme()))) {
			throw refused("is not https");
		}
		return new QuestionUrl(value, ascii + port, warnings);
	}

	private static URI parse(String value) {
		try {
			return new URI(value);
		}
		catch (URISyntaxException ex) {
			throw refused("is not a proper address");
		}
	}

	private static String ascii(String host) {
		if (host.startsWith("[")) {
			return host.toLowerCase(Locale.ROOT);
		}
		try {
			return IDN.toASCII(host).toLowerCase(Locale.ROOT);
		}
		catch (IllegalArgumentException ex) {
			throw refused("names no proper host");
		}
	}

	/**
	 * Names of foreign letters can look like others that the user knows.
	 */
	private static void addLookAlikes(String host, String ascii, Set<Warning> warnings) {
		boolean foreign = host.chars().anyMatch((character) -> character > 0x7f);
		for (String label : ascii.split("\\.")) {
			if (foreign || label.startsWith("xn--")) {
				warnings.add(Warning.PUNYCODE);
				if (scripts(IDN.toUnicode(label)) > 1) {
					warnings.add(Warning.MIXED_SCRIPT);
				}
			}
		}
	}

	private static long scripts(String label) {
		return label.codePoints()
			.mapToObj(Character.UnicodeScript::of)
			.filter((script) -> script != Character.UnicodeScript.COMMON && script != Character.UnicodeScript.INHERITED)
			.distinct()
			.count();
	}

	private static boolean isInvisible(int codePoint) {
		return switch (Character.getType(codePoint)) {
			case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
					Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR ->
				true;
			default -> false;
		};
	}

	private static IllegalArgumentException refused(String reason) {
		return new IllegalArgumentException("The address " + reason);
	}

	/**
	 * Without the address, which is for one user only.
	 */
	@Override
	public String toString() {
		return "QuestionUrl[domain=%s, warnings=%s]".formatted(this.domain, this.warnings);
	}

	/**
	 * Reasons to look twice at an address.
	 */
	public enum Warning {

		/**
		 * The name of the host has letters beyond ASCII, and may look like another name.
		 */
		PUNYCODE,

		/**
		 * A part of the host's name mixes letters of several scripts.
		 */
		MIXED_SCRIPT,

		/**
		 * There is a user name before the host, which may look like the host.
		 */
		USER_INFO

	}

}
