// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.pending;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.store.AesGcm;
import org.jspecify.annotations.Nullable;

/**
 * Seals the text of a grant with AES-GCM. A sealed text names its key by a digest, and
 * does not open for another grant.
 */
final class PendingSeal {

	private static final SecureRandom random = new SecureRandom();

	private final SecretKeySpec key;

	private final String prefix;

	/**
	 * Create a seal.
	 * @param shared the key of all processes, which has other uses as well
	 */
	PendingSeal(Secret shared) {
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
		return this.prefix + AesGcm.seal(this.key, content, place(grant));
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
			return AesGcm.open(this.key, text.substring(this.prefix.length()), place(grant));
		}
		catch (GeneralSecurityException | IllegalArgumentException ex) {
			return null;
		}
	}

	private static byte[] place(GrantKey grant) {
		String principal = grant.principal();
		String place = (principal != null) ? String.join("\0", grant.server(), "principal", principal) : grant.server();
		return place.getBytes(StandardCharsets.UTF_8);
	}

}
