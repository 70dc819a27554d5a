// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;

import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

import io.github.mcpoauth.GrantKey;

/**
 * Seals texts with AES-GCM. A sealed text names its key and is bound to the server, the
 * principal and the member it was sealed for: moved to another place it does not open.
 */
final class Seal {

	private static final String PREFIX = "{aes-gcm:";

	private static final String CIPHER = "AES/GCM/NoPadding";

	private static final int IV_BYTES = 12;

	private static final int TAG_BITS = 128;

	private final EncryptionKeys keys;

	private final SecureRandom random = new SecureRandom();

	Seal(EncryptionKeys keys) {
		this.keys = keys;
	}

	static boolean isSealed(String text) {
		return text.startsWith(PREFIX);
	}

	/**
	 * Whether a text is sealed with the key that encrypts today.
	 */
	boolean isCurrent(String text) {
		return text.startsWith(PREFIX + this.keys.current() + "}");
	}

	String seal(GrantKey key, String member, String text) {
		String id = this.keys.current();
		SecretKey secretKey = this.keys.find(id);
		if (secretKey == null) {
			throw new IllegalStateException("The current key is one of the keys");
		}
		byte[] iv = new byte[IV_BYTES];
		this.random.nextBytes(iv);
		try {
			Cipher cipher = Cipher.getInstance(CIPHER);
			cipher.init(Cipher.ENCRYPT_MODE, secretKey, new GCMParameterSpec(TAG_BITS, iv));
			cipher.updateAAD(place(key, member));
			byte[] sealed = cipher.doFinal(text.getBytes(StandardCharsets.UTF_8));
			byte[] all = ByteBuffer.allocate(iv.length + sealed.length).put(iv).put(sealed).array();
			return PREFIX + id + "}" + Base64.getUrlEncoder().withoutPadding().encodeToString(all);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has AES-GCM", ex);
		}
	}

	/**
	 * Open a sealed text.
	 * @param key the grant it was sealed for
	 * @param member the member it was sealed for
	 * @param text the sealed text
	 * @return the text
	 * @throws SealedException if none of the keys opens it
	 */
	String open(GrantKey key, String member, String text) throws SealedException {
		int end = text.indexOf('}');
		String id = (end > 0) ? text.substring(PREFIX.length(), end) : "";
		SecretKey secretKey = this.keys.find(id);
		if (secretKey == null) {
			throw new SealedException("with key '%s', which is not among %s".formatted(printable(id), this.keys));
		}
		try {
			byte[] all = Base64.getUrlDecoder().decode(text.substring(end + 1));
			if (all.length <= IV_BYTES) {
				throw new SealedException("with key '%s', and was cut off".formatted(id));
			}
			Cipher cipher = Cipher.getInstance(CIPHER);
			cipher.init(Cipher.DECRYPT_MODE, secretKey, new GCMParameterSpec(TAG_BITS, all, 0, IV_BYTES));
			cipher.updateAAD(place(key, member));
			return new String(cipher.doFinal(all, IV_BYTES, all.length - IV_BYTES), StandardCharsets.UTF_8);
		}
		catch (GeneralSecurityException | IllegalArgumentException ex) {
			throw new SealedException(
					"with key '%s', and does not open: it was changed, or belongs to another server or principal"
						.formatted(id));
		}
	}

	private static byte[] place(GrantKey key, String member) {
		String principal = key.principal();
		String place = (principal != null)
				? String.join("\0", "mcp-oauth", key.server(), "principal", principal, member)
				: String.join("\0", "mcp-oauth", key.server(), member);
		return place.getBytes(StandardCharsets.UTF_8);
	}

	private static String printable(String id) {
		return id.matches("[0-9a-f]{1,16}") ? id : "?";
	}

	/**
	 * A sealed text does not open. The message says how it was sealed.
	 */
	static final class SealedException extends Exception {

		private static final long serialVersionUID = 1L;

		private final String reason;

		SealedException(String reason) {
			super(reason);
			this.reason = reason;
		}

		String reason() {
			return this.reason;
		}

	}

}
