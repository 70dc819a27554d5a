// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;

import org.jspecify.annotations.Nullable;

/**
 * How the connections page is reached.
 *
 * @param externalUrl address of the application as browsers know it, with its context
 * path, {@code null} to take what the requests say
 * @param allowUnprotected whether the page is for everybody who reaches it, because
 * something else keeps strangers away
 */
public record ConnectionsSettings(@Nullable URI externalUrl, boolean allowUnprotected) {

	/**
	 * What the requests say, for people who have logged in and for this machine.
	 * @return the settings
	 */
	public static ConnectionsSettings defaults() {
		return new ConnectionsSettings(null, false);
	}

}
