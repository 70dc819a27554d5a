// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.util.Map;

import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.jspecify.annotations.Nullable;

/**
 * A login as another agent has stored it.
 *
 * @param location where it was found
 * @param name its name in the source
 * @param url address of the MCP server, {@code null} if the source does not say
 * @param grant the grant, {@code null} if it cannot be understood
 * @param client the client it was issued to, {@code null} if not stored
 * @param metadata the authorization server metadata, empty if not stored
 * @param problem why there is no grant, {@code null} if there is
 * @param removal removes it from the source
 */
record ForeignLogin(String location, String name, @Nullable String url, @Nullable Grant grant,
		@Nullable OAuthClient client, Map<String, Object> metadata, @Nullable String problem, Removal removal) {

	static ForeignLogin unreadable(String location, String name, @Nullable String url, String problem) {
		return new ForeignLogin(location, name, url, null, null, Map.of(), problem, () -> {
		});
	}

	/**
	 * Removes a login from where it was found.
	 */
	interface Removal {

		void remove() throws IOException;

	}

}
