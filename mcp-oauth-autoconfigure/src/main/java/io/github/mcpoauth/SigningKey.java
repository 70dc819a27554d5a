// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The private key that a client authenticates with (RFC 7523, section 2.2): PKCS #8 in
 * PEM, or a JSON Web Key, RSA or elliptic curve.
 *
 * @param value the key itself, {@code null} if it is in a file
 * @param file where the key is, read again for every request, {@code null} if it is given
 * @param algorithm the signature algorithm (RFC 7518, section 3.1), {@code null} for the
 * one that the key names or is made for
 * @param keyId name of the key for the authorization server, {@code null} to use the name
 * in the key, if any
 */
public record SigningKey(@Nullable Secret value, @Nullable Path file, @Nullable String algorithm,
		@Nullable String keyId) {

	public SigningKey {
		Assert.isTrue((value != null) != (file != null), "Either 'value' or 'file' must be set");
	}

}
