// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The server's metadata or response is unusable or untrusted: it names an address that
 * the policy refuses, claims another issuer's identity, or lacks a required value.
 * Nothing was spent, and trying again changes nothing until the server or the settings
 * change.
 */
public final class UnusableException extends ExchangeException {

	private static final long serialVersionUID = 1L;

	private final boolean isOtherIssuer;

	/**
	 * Create an exception.
	 * @param message one sentence of cause, server text quoted
	 */
	public UnusableException(String message) {
		this(message, null);
	}

	/**
	 * Create an exception.
	 * @param message one sentence of cause, server text quoted
	 * @param cause the cause, or {@code null}
	 */
	public UnusableException(String message, @Nullable Throwable cause) {
		this(message, cause, false);
	}

	private UnusableException(String message, @Nullable Throwable cause, boolean isOtherIssuer) {
		super(message, cause);
		this.isOtherIssuer = isOtherIssuer;
	}

	/**
	 * Create an exception for an issuer that the credentials are not bound to.
	 * @param message one sentence of cause, with both issuers
	 * @return the exception
	 */
	public static UnusableException otherIssuer(String message) {
		return new UnusableException(message, null, true);
	}

	/**
	 * Whether the credentials are bound to another issuer, which an operator has to
	 * settle.
	 * @return {@code true} if they are
	 */
	public boolean isOtherIssuer() {
		return this.isOtherIssuer;
	}

}
