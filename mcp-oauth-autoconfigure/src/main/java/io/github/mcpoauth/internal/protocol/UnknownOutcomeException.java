// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The request was sent and no complete answer came back: it may or may not have been
 * acted upon. A refresh token sent with it may be spent.
 */
public final class UnknownOutcomeException extends ExchangeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message one sentence of cause
	 * @param cause the cause, or {@code null}
	 */
	public UnknownOutcomeException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
