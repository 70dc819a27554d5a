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

package io.github.mcpoauth.command;

import io.github.mcpoauth.McpToolClient;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Access to tools, which takes the MCP SDK.
 *
 * @param client provides the client where the MCP SDK is on the classpath
 */
record Tools(ObjectProvider<McpToolClient> client) {

	private static final String MISSING = "This needs mcp-core 2.0 or newer of the MCP SDK, which this application does not have. "
			+ "Depend on mcp-oauth-starter, or add mcp-core, mcp-json-jackson3 and mcp-spring-webflux";

	/**
	 * The client.
	 * @return the client
	 * @throws CommandException if there is none
	 */
	McpToolClient require() {
		@Nullable McpToolClient available = this.client.getIfAvailable();
		if (available == null) {
			throw new CommandException(ExitCode.FAILED, MISSING);
		}
		return available;
	}

}
