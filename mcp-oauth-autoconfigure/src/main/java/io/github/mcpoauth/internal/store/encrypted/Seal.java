// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;

import javax.crypto.SecretKey;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.AesGcm;

/**
 * Seals texts with AES-GCM. A sealed text names its format and its key. It is bound to
 * its server, principal and member, and to a context: with any of them changed, it does
 * not open. Texts of the first format have no context.
 */
final class Seal {

	private static final String PREFIX = "{aes-gcm:";

	/**
	 * The start of the second format, which cannot be the start of a key's identifier.
	 */
	private static final String BOUND = PREFIX + "2:";

	private final EncryptionKeys keys;

	Seal(EncryptionKeys keys) {
		this.keys = keys;
	}

	static boolean isSealed(String text) {
		return text.startsWith(PREFIX);
	}

	/**
	 * Whether a text has the newest format and the key that encrypts, so that it need not
	 * be written again.
	 */
	boolean isCurrent(String text) {
		String current = this.keys.current();
		return current == null || text.startsWith(BOUND + current + "}");
	}

	/**
	 * Whether a text is sealed and bound to its context.
	 */
	static boolean isBound(String text) {
		return text.startsWith(BOUND);
	}

	/**
	 * Seal a text.
	 * @param key the grant to bind it to
	 * @param member the member to bind it to
	 * @param context the context to bind it to
	 * @param text the text
	 * @return the sealed text, or the text itself if there is no key
	 */
	String seal(GrantKey key, String member, String context, String text) {
		String id = this.keys.current();
		SecretKey secretKey = (id != null) ? this.keys.find(id) : null;
		if (secretKey == null) {
			return text;
		}
		return BOUND + id + "}"
				+ AesGcm.seal(secretKey, text.getBytes(StandardCharsets.UTF_8), place(key, member), context(context));
	}

	/**
	 * Open a sealed text.
	 * @param key the grant it was sealed for
	 * @param member the member it was sealed for
	 * @param context the context it was sealed for
	 * @param text the sealed text
	 * @return the text
	 * @throws SealedException if no key opens it
	 */
	String open(GrantKey key, String member, String context, String text) throws SealedException {
		boolean bound = isBound(text);
		int start = (bound ? BOUND : PREFIX).length();
		int end = text.indexOf('}');
		String id = (end > start) ? text.substring(start, end) : "";
		SecretKey secretKey = this.keys.find(id);
		if (secretKey == null) {
			throw new SealedException("with key '%s', which is not among the configured keys %s"
				.formatted(printable(id), this.keys.ids()));
		}
		try {
			byte[] content = AesGcm.open(secretKey, text.substring(end + 1), place(key, member),
					bound ? context(context) : new byte[0]);
			if (content == null) {
				throw new SealedException("with key '%s', and was cut off".formatted(id));
			}
			return new String(content, StandardCharsets.UTF_8);
		}
		catch (GeneralSecurityException | IllegalArgumentException ex) {
			throw new SealedException(
					"with key '%s', and does not open: it or a member that it is bound to was changed, or it belongs to another server or principal"
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

	/**
	 * A separator that ends no place, so that no place with one context looks like
	 * another place with another context.
	 */
	private static byte[] context(String context) {
		return ("\0\0" + context).getBytes(StandardCharsets.UTF_8);
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
