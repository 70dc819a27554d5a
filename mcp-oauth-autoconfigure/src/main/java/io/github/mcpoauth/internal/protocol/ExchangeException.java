// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import org.jspecify.annotations.Nullable;

/**
 * An exchange with an authorization server or for its metadata did not end well. Its
 * subtypes tell whether the request was refused, certainly not processed, perhaps
 * processed, or never sent because the server's metadata is unusable.
 */
public abstract sealed class ExchangeException extends RuntimeException
		permits RefusedException, UnavailableException, UnknownOutcomeException, UnusableException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message one sentence of cause that begins with the actor and can be embedded
	 * in another message: no secret, server text quoted
	 * @param cause the cause, or {@code null}
	 */
	protected ExchangeException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
