/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.migration;

import java.io.IOException;
import java.util.Map;

import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.jspecify.annotations.Nullable;

/**
 * A login as another agent has stored it.
 *
 * @param location where it was found
 * @param name what the source calls it
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
