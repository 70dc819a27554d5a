// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import io.github.mcpoauth.session.McpToolClient;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Access to tools, which takes the MCP SDK.
 *
 * @param client provides the client where the MCP SDK is on the classpath
 */
record ToolSupport(ObjectProvider<McpToolClient> client) {

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
