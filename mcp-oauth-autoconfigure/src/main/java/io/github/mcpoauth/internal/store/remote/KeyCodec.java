// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.github.mcpoauth.GrantKey;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A key as one text, for stores whose records have one name. The application's own is the
 * name of the server, as it was before there were principals, so that a node of an older
 * version never takes a principal's record for its own. A principal's follows behind the
 * control character {@code US}, which no name contains; a pair that is too long for a
 * column is digested.
 */
public final class KeyCodec {

	private static final char SEPARATOR = '\u001f';

	private static final int LONGEST = 255;

	private KeyCodec() {
	}

	/**
	 * Write a key.
	 * @param key the key
	 * @return a text that no other key has, at most 255 characters unless the name of the
	 * server is longer than 189
	 */
	public static String of(GrantKey key) {
		String server = key.server();
		String principal = key.principal();
		Assert.isTrue(server.indexOf(SEPARATOR) < 0, "The name of a server must not contain control characters");
		if (principal == null) {
			return server;
		}
		String text = server + SEPARATOR + principal;
		return (text.length() <= LONGEST) ? text : server + SEPARATOR + SEPARATOR + digest(principal);
	}

	/**
	 * Read a key.
	 * @param text what {@link #of} wrote
	 * @return the key, {@code null} for a digested one and for what it did not write
	 */
	public static @Nullable GrantKey parse(String text) {
		int end = text.indexOf(SEPARATOR);
		try {
			return (end < 0) ? GrantKey.of(text) : GrantKey.of(text.substring(0, end), text.substring(end + 1));
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/**
	 * A key for a person to read.
	 * @param key the key
	 * @return the name of the server, and of the principal behind a slash
	 */
	public static String readable(GrantKey key) {
		return of(key).replace(SEPARATOR, '/');
	}

	private static String digest(String principal) {
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-256").digest(principal.getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
