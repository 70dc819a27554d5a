// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The server understood and said no, with a parsed OAuth error code (RFC 6749, section
 * 5.2; RFC 7591, section 3.2.2).
 */
public final class RefusedException extends ExchangeException {

	private static final long serialVersionUID = 1L;

	private final String errorCode;

	private final int status;

	/**
	 * Create an exception.
	 * @param message one sentence of cause, server text quoted
	 * @param errorCode the error code as received, for example {@code invalid_grant}
	 * @param status the HTTP status it came with
	 */
	public RefusedException(String message, String errorCode, int status) {
		super(message, null);
		this.errorCode = errorCode;
		this.status = status;
	}

	/**
	 * The error code.
	 * @return the code as received, untrusted text
	 */
	public String errorCode() {
		return this.errorCode;
	}

	/**
	 * The HTTP status.
	 * @return the status code
	 */
	public int status() {
		return this.status;
	}

	/**
	 * Whether the error code is a given one.
	 * @param code an error code
	 * @return {@code true} if it is
	 */
	public boolean is(@Nullable String code) {
		return this.errorCode.equals(code);
	}

}
