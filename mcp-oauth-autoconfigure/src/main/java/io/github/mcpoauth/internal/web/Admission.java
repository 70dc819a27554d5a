// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;

/**
 * Whether a request may use the page.
 */
sealed interface Admission {

	/**
	 * The request may use the page.
	 *
	 * @param base address of the application for browsers, without a slash at its end
	 */
	record Admitted(URI base) implements Admission {

	}

	/**
	 * The request may use the page once its browser has entered the code.
	 *
	 * @param base address of the application for browsers, without a slash at its end
	 */
	record CodeRequired(URI base) implements Admission {

	}

	/**
	 * The request may not use the page.
	 *
	 * @param text name of the text that says why
	 */
	record Refused(String text) implements Admission {

	}

}
