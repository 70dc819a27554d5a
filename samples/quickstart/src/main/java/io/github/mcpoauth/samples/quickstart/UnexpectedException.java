// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.quickstart;

/**
 * Something did not go as it should.
 */
final class UnexpectedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	UnexpectedException(String message) {
		super(message);
	}

}
