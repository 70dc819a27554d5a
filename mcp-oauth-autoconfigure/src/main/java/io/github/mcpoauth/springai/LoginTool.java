// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import io.github.mcpoauth.LoginRequiredException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.DefaultToolDefinition;
import org.springframework.ai.tool.definition.ToolDefinition;

/**
 * Stands in for the tools of a server that has never been logged in to, which nobody
 * knows yet. Without it a model would not know that there is such a server.
 */
final class LoginTool implements ToolCallback {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final String DESCRIPTION = """
			The tools of MCP server '%s' are not available, since a person has to log in to it first. \
			Call this tool to learn what to tell the user""";

	private final LoginRequiredException cause;

	LoginTool(LoginRequiredException cause) {
		this.cause = cause;
	}

	@Override
	public ToolDefinition getToolDefinition() {
		String server = this.cause.getServer();
		return DefaultToolDefinition.builder()
			.name(McpToolUtils.format(server + "_login_required"))
			.description(DESCRIPTION.formatted(server))
			.inputSchema("{\"type\":\"object\",\"properties\":{}}")
			.build();
	}

	@Override
	public String call(String toolInput) {
		return JSON.writeValueAsString(this.cause.needsReauth().toMap());
	}

}
