// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.function.Consumer;
import java.util.function.Function;

import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.ListPromptsResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourceTemplatesResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourcesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Passes each operation on to one of several clients.
 */
abstract class SwitchingClient implements ServerClient {

	/**
	 * Run an operation on the client that is used now.
	 * @param <T> any type
	 * @param operation the operation
	 * @return a mono with its result
	 */
	abstract <T> Mono<T> call(Function<ServerClient, Mono<T>> operation);

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request, @Nullable Consumer<ProgressNotification> progress) {
		return call((client) -> client.callTool(request, progress));
	}

	@Override
	public Mono<ListToolsResult> listTools(@Nullable String cursor) {
		return call((client) -> client.listTools(cursor));
	}

	@Override
	public Mono<ListResourcesResult> listResources(@Nullable String cursor) {
		return call((client) -> client.listResources(cursor));
	}

	@Override
	public Mono<ListResourceTemplatesResult> listResourceTemplates(@Nullable String cursor) {
		return call((client) -> client.listResourceTemplates(cursor));
	}

	@Override
	public Mono<ReadResourceResult> readResource(ReadResourceRequest request) {
		return call((client) -> client.readResource(request));
	}

	@Override
	public Mono<ListPromptsResult> listPrompts(@Nullable String cursor) {
		return call((client) -> client.listPrompts(cursor));
	}

	@Override
	public Mono<GetPromptResult> getPrompt(GetPromptRequest request) {
		return call((client) -> client.getPrompt(request));
	}

	@Override
	public Mono<CompleteResult> complete(CompleteRequest request) {
		return call((client) -> client.complete(request));
	}

}
