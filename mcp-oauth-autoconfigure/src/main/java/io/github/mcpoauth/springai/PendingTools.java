// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.principal.PrincipalRequiredException;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;

/**
 * Takes the place of the tools of a user whom the thread that asked for them did not
 * know. {@link UserToolsAdvisor} replaces it. In a chat client without that advisor it
 * fails when a model is told of it.
 *
 * @param tools the tools of all users
 * @param server the server
 * @param cause the reason why the user is not known yet
 */
record PendingTools(UserToolRegistry tools, McpServer server,
		PrincipalRequiredException cause) implements ToolCallback {

	/**
	 * The tools of a user.
	 * @param caller the user
	 * @return the tools
	 * @throws PrincipalRequiredException if there is no user
	 */
	List<ToolCallback> of(Caller caller) {
		return this.tools.getForChat(this.server, caller);
	}

	@Override
	public ToolDefinition getToolDefinition() {
		return new Definition(McpToolUtils.format(this.server.name() + "_tools_of_the_user"), this.cause);
	}

	@Override
	public String call(String toolInput) {
		throw this.cause;
	}

	/**
	 * A chat client reads the name only before the advisor has its turn.
	 */
	private record Definition(String name, PrincipalRequiredException cause) implements ToolDefinition {

		@Override
		public String description() {
			throw this.cause;
		}

		@Override
		public String inputSchema() {
			throw this.cause;
		}

	}

}
