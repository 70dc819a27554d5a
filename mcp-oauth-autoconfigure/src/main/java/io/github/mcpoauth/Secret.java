// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A token, code, key or client secret. Its text is had only by asking for it, never by
 * printing it: {@link #toString()} answers a constant.
 */
public final class Secret {

	private static final String MASK = "******";

	private final String value;

	private Secret(String value) {
		this.value = value;
	}

	/**
	 * Wrap a secret text. Conversion services call this, too.
	 * @param value the text, must not be empty
	 * @return the secret
	 */
	public static Secret of(String value) {
		Assert.hasLength(value, "'value' must not be empty");
		return new Secret(value);
	}

	/**
	 * The text itself. The caller is responsible for where the value goes.
	 * @return the text
	 */
	public String reveal() {
		return this.value;
	}

	/**
	 * A short one-way digest that tells two secrets apart without saying either.
	 * @return the first 16 hexadecimal digits of the SHA-256 of the text
	 */
	public String fingerprint() {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(this.value.getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(digest, 0, 8);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	/**
	 * Secrets that differ nearly always differ in their hash code, which is computed
	 * once.
	 */
	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof Secret secret && hashCode() == secret.hashCode() && MessageDigest
			.isEqual(this.value.getBytes(StandardCharsets.UTF_8), secret.value.getBytes(StandardCharsets.UTF_8));
	}

	@Override
	public int hashCode() {
		return this.value.hashCode();
	}

	@Override
	public String toString() {
		return MASK;
	}

}
