// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * Seals the logins of a grant with AES-GCM. A sealed text names its key by a digest, and
 * does not open for another grant.
 */
final class LoginSeal {

	private static final String CIPHER = "AES/GCM/NoPadding";

	private static final int IV_BYTES = 12;

	private static final int TAG_BITS = 128;

	private static final SecureRandom random = new SecureRandom();

	private final SecretKeySpec key;

	private final String prefix;

	/**
	 * Create a seal.
	 * @param shared the key of all processes, which has other uses as well
	 */
	LoginSeal(Secret shared) {
		try {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec(shared.reveal().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
			this.key = new SecretKeySpec(mac.doFinal("pending logins".getBytes(StandardCharsets.UTF_8)), "AES");
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has HmacSHA256", ex);
		}
		this.prefix = "1." + shared.fingerprint() + ".";
	}

	/**
	 * A key for all processes, in case they have no key.
	 */
	static String newKey() {
		byte[] bytes = new byte[32];
		random.nextBytes(bytes);
		return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
	}

	/**
	 * Whether a text may have been sealed with this key.
	 */
	boolean matches(String sealed) {
		return sealed.startsWith(this.prefix);
	}

	String seal(GrantKey grant, byte[] content) {
		byte[] iv = new byte[IV_BYTES];
		random.nextBytes(iv);
		try {
			byte[] sealed = cipher(Cipher.ENCRYPT_MODE, grant, iv).doFinal(content);
			byte[] all = ByteBuffer.allocate(iv.length + sealed.length).put(iv).put(sealed).array();
			return this.prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(all);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has AES-GCM", ex);
		}
	}

	/**
	 * Open a text.
	 * @param grant the grant it was sealed for
	 * @param text the text
	 * @return the content, {@code null} if it was changed or belongs to another grant
	 */
	byte @Nullable [] open(GrantKey grant, String text) {
		if (!matches(text)) {
			return null;
		}
		try {
			byte[] all = Base64.getUrlDecoder().decode(text.substring(this.prefix.length()));
			if (all.length < IV_BYTES + TAG_BITS / Byte.SIZE) {
				return null;
			}
			byte[] iv = Arrays.copyOf(all, IV_BYTES);
			return cipher(Cipher.DECRYPT_MODE, grant, iv).doFinal(all, IV_BYTES, all.length - IV_BYTES);
		}
		catch (GeneralSecurityException | IllegalArgumentException ex) {
			return null;
		}
	}

	private Cipher cipher(int mode, GrantKey grant, byte[] iv) throws GeneralSecurityException {
		Cipher cipher = Cipher.getInstance(CIPHER);
		cipher.init(mode, this.key, new GCMParameterSpec(TAG_BITS, iv));
		String principal = grant.principal();
		String place = (principal != null) ? String.join("\0", grant.server(), "principal", principal) : grant.server();
		cipher.updateAAD(place.getBytes(StandardCharsets.UTF_8));
		return cipher;
	}

}
