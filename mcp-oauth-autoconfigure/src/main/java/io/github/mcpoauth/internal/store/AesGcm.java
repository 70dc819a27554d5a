// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;

import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

import org.jspecify.annotations.Nullable;

/**
 * Encrypts with AES-GCM. A text is the nonce and the ciphertext, in base64url without
 * padding.
 */
public final class AesGcm {

	private static final String CIPHER = "AES/GCM/NoPadding";

	private static final int IV_BYTES = 12;

	private static final int TAG_BITS = 128;

	private static final SecureRandom random = new SecureRandom();

	private AesGcm() {
	}

	/**
	 * Encrypt content.
	 * @param key the key
	 * @param content the content
	 * @param bound the associated data: without them the text does not open
	 * @return the text
	 */
	public static String seal(SecretKey key, byte[] content, byte[]... bound) {
		byte[] iv = new byte[IV_BYTES];
		random.nextBytes(iv);
		try {
			byte[] sealed = cipher(Cipher.ENCRYPT_MODE, key, iv, bound).doFinal(content);
			byte[] all = ByteBuffer.allocate(iv.length + sealed.length).put(iv).put(sealed).array();
			return Base64.getUrlEncoder().withoutPadding().encodeToString(all);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has AES-GCM", ex);
		}
	}

	/**
	 * Decrypt a text.
	 * @param key the key
	 * @param text the text
	 * @param bound the associated data
	 * @return the content, {@code null} if the text is too short to be one
	 * @throws GeneralSecurityException if it does not open
	 * @throws IllegalArgumentException if it is not base64url
	 */
	public static byte @Nullable [] open(SecretKey key, String text, byte[]... bound) throws GeneralSecurityException {
		byte[] all = Base64.getUrlDecoder().decode(text);
		if (all.length < IV_BYTES + TAG_BITS / Byte.SIZE) {
			return null;
		}
		return cipher(Cipher.DECRYPT_MODE, key, all, bound).doFinal(all, IV_BYTES, all.length - IV_BYTES);
	}

	private static Cipher cipher(int mode, SecretKey key, byte[] iv, byte[]... bound) throws GeneralSecurityException {
		Cipher cipher = Cipher.getInstance(CIPHER);
		cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, iv, 0, IV_BYTES));
		for (byte[] data : bound) {
			cipher.updateAAD(data);
		}
		return cipher;
	}

}
