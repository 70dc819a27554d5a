// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.github.mcpoauth.GrantKey;
import org.jspecify.annotations.Nullable;

/**
 * Writes a grant key as one text that no database takes for another one.
 * <p>
 * The default collations of MySQL, MariaDB and SQL Server treat upper and lower case,
 * accents and trailing blanks as equal, and ignore control characters. The text therefore
 * has only lower-case ASCII letters, digits and a few signs; every other byte of the
 * UTF-8 form becomes a tilde and two hexadecimal digits. A plain name of a server stays
 * as it is. In a key that is too long for a column, the principal is digested, and so is
 * the name of a server that leaves no room for one.
 * <p>
 * The keys of all principals of one server follow each other in binary order, between
 * {@link #first} and {@link #end}.
 */
public final class KeyCodec {

	private static final String PRINCIPAL = "~-";

	private static final String DIGEST = "~+";

	private static final String BEHIND_PRINCIPALS = "~.";

	private static final int LONGEST = 255;

	private static final int LONGEST_SERVER = 120;

	private static final HexFormat HEX = HexFormat.of();

	private KeyCodec() {
	}

	/**
	 * Write a key.
	 * @param key the key
	 * @return a text of at most 255 characters that no other key has
	 */
	public static String of(GrantKey key) {
		String principal = key.principal();
		String server = server(key.server());
		return (principal != null) ? of(server, principal) : server;
	}

	/**
	 * Write a key.
	 * @param server the part of another key of the same server, see {@link #serverOf}
	 * @param principal the principal
	 * @return the same as {@link #of(GrantKey)}
	 */
	public static String of(String server, String principal) {
		String text = server + PRINCIPAL + escape(principal);
		return (text.length() <= LONGEST) ? text : server + PRINCIPAL + digested(escape(principal));
	}

	/**
	 * Write a key in a text of any length, which can be read in any case.
	 * @param key the key
	 * @return the text, which is the same as {@link #of(GrantKey)} if nothing in that is
	 * digested
	 */
	public static String complete(GrantKey key) {
		String principal = key.principal();
		String server = escape(key.server());
		return (principal != null) ? server + PRINCIPAL + escape(principal) : server;
	}

	/**
	 * Where the keys of the principals of a server begin.
	 * @param server name of the server
	 * @return a text that is below all of them
	 */
	public static String first(String server) {
		return server(server) + PRINCIPAL;
	}

	/**
	 * Where the keys of the principals of a server end.
	 * @param server name of the server
	 * @return a text that is above all of them, and below those of the next server
	 */
	public static String end(String server) {
		return server(server) + BEHIND_PRINCIPALS;
	}

	/**
	 * The part of a principal's key that stands for the server.
	 * @param text a text of {@link #of(GrantKey)}
	 * @return the part, {@code null} for the application's own key
	 */
	public static @Nullable String serverOf(String text) {
		int end = text.indexOf(PRINCIPAL);
		return (end > 0) ? text.substring(0, end) : null;
	}

	/**
	 * Where the keys of the principals end that have this part.
	 * @param part a part of {@link #serverOf}
	 * @return a text that is above all of them
	 */
	public static String endOf(String part) {
		return part + BEHIND_PRINCIPALS;
	}

	private static String server(String name) {
		String escaped = escape(name);
		return (escaped.length() <= LONGEST_SERVER) ? escaped : digested(escaped);
	}

	private static String digested(String text) {
		return DIGEST + digest(text);
	}

	/**
	 * Read a key.
	 * @param text a text of {@link #of}
	 * @return the key, {@code null} for a digested one and for any other text
	 */
	public static @Nullable GrantKey parse(String text) {
		if (text.contains(DIGEST)) {
			return null;
		}
		int end = text.indexOf(PRINCIPAL);
		try {
			return (end < 0) ? GrantKey.of(unescape(text))
					: GrantKey.of(unescape(text.substring(0, end)), unescape(text.substring(end + PRINCIPAL.length())));
		}
		catch (IllegalArgumentException | IndexOutOfBoundsException ex) {
			return null;
		}
	}

	private static String escape(String text) {
		StringBuilder escaped = new StringBuilder();
		for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
			if (isPlain(octet)) {
				escaped.append((char) octet);
			}
			else {
				escaped.append('~').append(HEX.toHexDigits(octet));
			}
		}
		return escaped.toString();
	}

	private static String unescape(String text) {
		ByteArrayOutputStream octets = new ByteArrayOutputStream();
		for (int at = 0; at < text.length(); at++) {
			if (text.charAt(at) == '~') {
				octets.write(HexFormat.fromHexDigits(text, at + 1, at + 3));
				at += 2;
			}
			else {
				octets.write(text.charAt(at));
			}
		}
		return octets.toString(StandardCharsets.UTF_8);
	}

	private static boolean isPlain(byte octet) {
		return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' || octet == '.'
				|| octet == '_' || octet == '/' || octet == ':';
	}

	private static String digest(String text) {
		try {
			return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
