// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;

/**
 * Another process noted a short time ago that it sends the same refresh token, and its
 * answer may still arrive there. Nothing was sent.
 */
final class SpentElsewhereException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final Duration remaining;

	/**
	 * Create an exception.
	 * @param remaining how long the note is still to be waited for
	 */
	SpentElsewhereException(Duration remaining) {
		super("Another process is exchanging the refresh token");
		this.remaining = remaining;
	}

	Duration remaining() {
		return this.remaining;
	}

}
