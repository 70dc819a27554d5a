// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.github.mcpoauth.GrantKey;

/**
 * The name of the directory of a principal. A principal's name can be anything, and some
 * file systems tell neither upper from lower case nor composed from decomposed
 * characters: a digest tells one from another, and a few plain characters of the name
 * stand before it for an operator to read.
 */
final class PrincipalName {

	/**
	 * The directory that has those of all principals.
	 */
	static final String DIRECTORIES = "principals";

	private static final int MOST_CHARACTERS = 32;

	private static final int DIGEST_BYTES = 16;

	private PrincipalName() {
	}

	/**
	 * The directory of the records of a grant.
	 * @param root the directory of the store
	 * @param key the grant
	 * @return the directory of its principal, that of the store without a principal
	 */
	static Path directory(Path root, GrantKey key) {
		String principal = key.principal();
		return (principal != null) ? root.resolve(DIRECTORIES).resolve(directory(principal)) : root;
	}

	static String directory(String principal) {
		StringBuilder name = new StringBuilder();
		principal.codePoints().limit(MOST_CHARACTERS).map(PrincipalName::plain).forEach(name::appendCodePoint);
		return name.append('-').append(HexFormat.of().formatHex(digest(principal), 0, DIGEST_BYTES)).toString();
	}

	private static int plain(int codePoint) {
		boolean plain = (codePoint >= 'a' && codePoint <= 'z') || (codePoint >= 'A' && codePoint <= 'Z')
				|| (codePoint >= '0' && codePoint <= '9');
		return plain ? codePoint : '_';
	}

	private static byte[] digest(String principal) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(principal.getBytes(StandardCharsets.UTF_8));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
