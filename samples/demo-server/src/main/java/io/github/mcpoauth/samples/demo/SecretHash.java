// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/**
 * One round of SHA-256. Registered clients have long random secrets, which need no slow
 * hash, and every token request checks one.
 */
@Component
final class SecretHash implements PasswordEncoder {

	@Override
	public @Nullable String encode(@Nullable CharSequence rawPassword) {
		return (rawPassword != null) ? HexFormat.of().formatHex(digest(rawPassword)) : null;
	}

	@Override
	public boolean matches(@Nullable CharSequence rawPassword, @Nullable String encodedPassword) {
		return rawPassword != null && encodedPassword != null
				&& MessageDigest.isEqual(digest(rawPassword), HexFormat.of().parseHex(encodedPassword));
	}

	private static byte[] digest(CharSequence text) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
