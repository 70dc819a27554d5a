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

package io.github.mcpoauth;

import org.springframework.util.Assert;

/**
 * Names one grant: what providers are cached by, stores keep records under and locks are
 * taken on. A type of its own, so that what a grant belongs to can grow beyond the
 * server's name without a change to any signature.
 *
 * @param server name of the MCP server, as in {@code mcp.servers.<name>}
 */
public record GrantKey(String server) {

	public GrantKey {
		Assert.hasText(server, "'server' must not be empty");
	}

	/**
	 * The key of the application's own grant for a server.
	 * @param server name of the MCP server
	 * @return the key
	 */
	public static GrantKey of(String server) {
		return new GrantKey(server);
	}

	@Override
	public String toString() {
		return this.server;
	}

}
