// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.Map;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.session.ErrorResults;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.ai.tool.metadata.ToolMetadata;

/**
 * A tool that reports to the model when its server requires a login or left a call
 * without an answer.
 */
final class GuardedToolCallback implements ToolCallback {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final ToolCallback callback;

	private final ServerCalls calls;

	GuardedToolCallback(ToolCallback callback, ServerCalls calls) {
		this.callback = callback;
		this.calls = calls;
	}

	@Override
	public ToolDefinition getToolDefinition() {
		return this.callback.getToolDefinition();
	}

	@Override
	public ToolMetadata getToolMetadata() {
		return this.callback.getToolMetadata();
	}

	@Override
	public String call(String toolInput) {
		return call(toolInput, null);
	}

	@Override
	public String call(String toolInput, @Nullable ToolContext toolContext) {
		try {
			return this.calls.make(() -> this.callback.call(toolInput, toolContext));
		}
		catch (McpOAuthException ex) {
			Map<String, Object> members = ErrorResults.members(ex, getToolDefinition().name());
			if (members != null) {
				return JSON.writeValueAsString(members);
			}
			throw new ToolExecutionException(getToolDefinition(), ex);
		}
	}

}
