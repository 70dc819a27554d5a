// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

/**
 * How a command ended, in order of severity.
 */
enum ExitCode {

	/**
	 * It is done.
	 */
	DONE(0),

	/**
	 * It failed for a reason that may pass.
	 */
	TRY_LATER(4),

	/**
	 * It cannot be done until a user has logged in.
	 */
	LOGIN_REQUIRED(3),

	/**
	 * It failed for another reason.
	 */
	FAILED(1),

	/**
	 * It was not understood.
	 */
	USAGE(2);

	private final int value;

	ExitCode(int value) {
		this.value = value;
	}

	int value() {
		return this.value;
	}

	ExitCode orWorse(ExitCode other) {
		return (compareTo(other) >= 0) ? this : other;
	}

}
