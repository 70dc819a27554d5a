// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.function.Function;

import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.mcp.ToolContextToMcpMetaConverter;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.metadata.ToolMetadata;

/**
 * A tool on a client of Spring AI.
 *
 * @param callback the tool as Spring AI made it
 * @param name the name of the tool on its server
 * @param calls makes the calls of the client
 * @param client sends a call and waits for its result
 * @param meta converts the context of the caller
 */
record ClientTool(ToolCallback callback, String name, ServerCalls calls,
		Function<CallToolRequest, CallToolResult> client, ToolContextToMcpMetaConverter meta) implements ToolCallback {

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
		return new ToolExchange(getToolDefinition(), this.name).call(toolInput,
				(toolContext != null) ? this.meta.convert(toolContext) : null,
				(request) -> this.calls.callTool(this.client, request));
	}

}
