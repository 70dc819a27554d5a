// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;

import org.jspecify.annotations.Nullable;

/**
 * The code that a user takes to another device to log in there (RFC 8628, section 3.2).
 * It is for that user only, and {@link #toString()} leaves the code out.
 *
 * @param value the code, as it has to be typed: some printable characters
 * @param verificationUri where to type it
 * @param verificationUriComplete the same with the code in it, for a link or a QR code,
 * {@code null} if the server does not send one. The user should still see the code, and
 * compare it with the displayed one
 */
public record UserCode(String value, URI verificationUri, @Nullable URI verificationUriComplete) {

	@Override
	public String toString() {
		return "UserCode[verificationUri=%s]".formatted(this.verificationUri);
	}

}
