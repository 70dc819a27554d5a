// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

/**
 * There was no session to send a call on, so the server has not acted on it. The cause
 * says why.
 */
final class NotSentException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	NotSentException(Throwable cause) {
		super("No session could be opened", cause);
	}

}
