// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/**
 * Makes values that only this process can have given to a browser, with a key that ends
 * with the process.
 */
final class BrowserKeys {

	private static final SecureRandom random = new SecureRandom();

	private final SecretKeySpec key = new SecretKeySpec(bytes(32), "HmacSHA256");

	/**
	 * A proof for a browser. It reveals nothing to a reader that knows the cookie only.
	 * @param purpose the use of the proof
	 * @param browser the value of the browser's cookie
	 * @param user the user, {@code null} if absent
	 * @return the proof
	 */
	String proof(String purpose, String browser, @Nullable String user) {
		try {
			Mac mac = Mac.getInstance(this.key.getAlgorithm());
			mac.init(this.key);
			for (String part : new String[] { purpose, browser, (user != null) ? "user " + user : "" }) {
				mac.update(part.getBytes(StandardCharsets.UTF_8));
				mac.update((byte) 0);
			}
			return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal());
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has HmacSHA256", ex);
		}
	}

	boolean isProof(String purpose, String browser, @Nullable String user, @Nullable String proof) {
		return proof != null && MessageDigest.isEqual(proof.getBytes(StandardCharsets.UTF_8),
				proof(purpose, browser, user).getBytes(StandardCharsets.UTF_8));
	}

	static String random(int length) {
		return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(length));
	}

	private static byte[] bytes(int length) {
		byte[] bytes = new byte[length];
		random.nextBytes(bytes);
		return bytes;
	}

}
