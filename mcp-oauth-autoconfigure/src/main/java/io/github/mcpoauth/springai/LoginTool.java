// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import io.github.mcpoauth.LoginRequiredException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.DefaultToolDefinition;
import org.springframework.ai.tool.definition.ToolDefinition;

/**
 * Takes the place of the tools of a server without any login, which are not known yet.
 * Without it a model would not know that there is such a server.
 */
final class LoginTool implements ToolCallback {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final String DESCRIPTION = """
			The tools of MCP server '%s' are not available, since a user has to log in to it first. \
			Call this tool for the message to the user""";

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
