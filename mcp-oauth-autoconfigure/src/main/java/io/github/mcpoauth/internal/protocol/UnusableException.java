// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import org.jspecify.annotations.Nullable;

/**
 * What a server offers cannot be used or must not be trusted: it names an address the
 * policy refuses, is not who it claims to be, or leaves out what we need. Nothing was
 * spent, and trying again changes nothing until the server or the settings change.
 */
public final class UnusableException extends ExchangeException {

	private static final long serialVersionUID = 1L;

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
	 * @param cause the cause, {@code null} for none
	 */
	public UnusableException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
