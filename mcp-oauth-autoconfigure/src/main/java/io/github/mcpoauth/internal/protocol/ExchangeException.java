// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import org.jspecify.annotations.Nullable;

/**
 * An exchange with an authorization server or for its metadata did not end well. What was
 * sent was refused, surely not acted upon, or perhaps acted upon; or nothing was sent
 * because there is nobody to send it to.
 */
public abstract sealed class ExchangeException extends RuntimeException
		permits RejectedException, UnavailableException, UnknownOutcomeException, UnusableException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message one sentence of cause that begins with who said or did it, fit to
	 * stand in another message: no secret, server text quoted
	 * @param cause the cause, {@code null} for none
	 */
	protected ExchangeException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
