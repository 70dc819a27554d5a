// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import io.github.mcpoauth.McpServer;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;

/**
 * A tool that was listed for a user.
 *
 * @param tools the tools of all users
 * @param server the server
 * @param caller the user
 * @param tool the tool
 */
record ToolOfUser(UserToolRegistry tools, McpServer server, Caller caller, ToolCallback tool) implements ToolCallback {

	@Override
	public ToolDefinition getToolDefinition() {
		return this.tool.getToolDefinition();
	}

	@Override
	public String call(String toolInput) {
		return this.tool.call(toolInput);
	}

	@Override
	public String call(String toolInput, @Nullable ToolContext toolContext) {
		return (this.tool instanceof UserTool mine) ? mine.call(toolInput, toolContext) : this.tool.call(toolInput);
	}

}
