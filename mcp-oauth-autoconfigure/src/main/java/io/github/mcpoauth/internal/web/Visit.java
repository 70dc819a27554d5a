// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.util.Locale;

/**
 * A request that may use the page.
 *
 * @param request the request
 * @param base address of the application for browsers, without a slash at its end
 * @param visitor the browser and its user
 * @param known whether the browser sent our cookie
 * @param language the language of the answer
 */
record Visit(PageRequest request, URI base, Visitor visitor, boolean known, Locale language) {

	/**
	 * Where authorization servers send browsers.
	 */
	URI redirectUri() {
		return URI.create(this.base + ConnectionsPage.PATH + "/callback");
	}

	@Override
	public String toString() {
		return "Visit[base=%s]".formatted(this.base);
	}

}
