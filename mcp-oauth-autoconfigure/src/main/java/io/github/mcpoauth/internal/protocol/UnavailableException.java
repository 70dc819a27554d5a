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

	private final Meaning meaning;

	/**
	 * Create an exception that speaks of an outage.
	 * @param message one sentence of cause
	 * @param retryAfter the wait of the server's {@code Retry-After}, or {@code null}
	 * @param cause the cause, or {@code null}
	 */
	public UnavailableException(String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
		this(message, retryAfter, cause, Meaning.OUTAGE);
	}

	UnavailableException(String message, @Nullable Duration retryAfter, @Nullable Throwable cause, Meaning meaning) {
		super(message, cause);
		this.retryAfter = retryAfter;
		this.meaning = meaning;
	}

	/**
	 * The meaning of the failure.
	 * @return the meaning
	 */
	public Meaning meaning() {
		return this.meaning;
	}

	/**
	 * How long the server asked to be left alone.
	 * @return the duration, {@code null} if it did not
	 */
	public @Nullable Duration retryAfter() {
		return this.retryAfter;
	}

	/**
	 * The meaning of an answer that is neither a success nor a refusal for good.
	 */
	public enum Meaning {

		/**
		 * No answer, an overloaded server, or a page of something in between. It passes.
		 */
		OUTAGE,

		/**
		 * The server refused in its own words, without a known error code. A refusal that
		 * repeats without an outage in between is meant.
		 */
		OWN_WORDS,

		/**
		 * The answer is not one of such an endpoint: 404, 405, 410, a redirect to another
		 * origin, or a page under success. The endpoint may have moved.
		 */
		NO_ENDPOINT

	}

}
