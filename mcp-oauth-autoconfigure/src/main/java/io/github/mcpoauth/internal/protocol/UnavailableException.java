// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The request was surely not acted upon, or nothing can be concluded from the answer: no
 * connection, 5xx, 429, a page of HTML, something unparseable. It may pass.
 */
public final class UnavailableException extends ExchangeException {

	private static final long serialVersionUID = 1L;

	private final @Nullable Duration retryAfter;

	/**
	 * Create an exception.
	 * @param message one sentence of cause
	 * @param retryAfter what the server's {@code Retry-After} says, {@code null} for none
	 * @param cause the cause, {@code null} for none
	 */
	public UnavailableException(String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
		super(message, cause);
		this.retryAfter = retryAfter;
	}

	/**
	 * How long the server asked to be left alone.
	 * @return the duration, {@code null} if it did not
	 */
	public @Nullable Duration retryAfter() {
		return this.retryAfter;
	}

}
