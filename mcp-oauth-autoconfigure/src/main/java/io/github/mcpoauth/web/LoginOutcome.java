// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

/**
 * What became of something that a person asked for.
 *
 * @param kind how it went
 * @param title the short of it
 * @param text one or two sentences
 */
record LoginOutcome(Kind kind, String title, String text) {

	/**
	 * How it went.
	 */
	enum Kind {

		/**
		 * As it was meant to.
		 */
		DONE,

		/**
		 * Otherwise, and not for want of anything.
		 */
		NOTE,

		/**
		 * It did not.
		 */
		FAILED

	}

}
