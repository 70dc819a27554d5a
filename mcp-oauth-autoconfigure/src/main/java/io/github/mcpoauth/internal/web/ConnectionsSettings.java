// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;

import org.jspecify.annotations.Nullable;

/**
 * How the connections page is reached, and by which users.
 *
 * @param externalUrl address of the application as browsers know it, with its context
 * path. {@code null} for a page that answers on this machine's loopback addresses only
 * @param allowUnprotected whether every user that reaches the page may use it, because
 * something else keeps strangers away
 * @param contextKey key of the Reactor context under which a
 * {@link io.github.mcpoauth.principal.PrincipalResolver} finds the logged-in user
 * @param links name of the application, and the ways out of the page
 */
public record ConnectionsSettings(@Nullable URI externalUrl, boolean allowUnprotected, String contextKey, Links links) {

	/**
	 * Name of the application, and the ways out of the page.
	 *
	 * @param name name of the application, {@code null} if absent: the page then has no
	 * head with links
	 * @param home address of the application's own start page, a path below the
	 * application's address or a URL. {@code null} for no link
	 * @param logout address where a user logs out of the application, as {@code home}.
	 * Shown to users with a login
	 */
	public record Links(@Nullable String name, @Nullable String home, @Nullable String logout) {

	}

}
