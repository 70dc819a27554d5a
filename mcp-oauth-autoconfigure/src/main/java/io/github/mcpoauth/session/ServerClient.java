// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.Set;
import java.util.function.Consumer;

import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.ListPromptsResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourceTemplatesResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourcesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A client of the MCP library for one server, in one of its protocols. The operations are
 * used after {@link #connect()} has ended with a value.
 */
interface ServerClient {

	/**
	 * Ask for the capabilities of the server. Called once.
	 * @return a mono with the server's description of itself
	 */
	Mono<InitializeResult> connect();

	/**
	 * Call a tool.
	 * @param request the name of the tool and its arguments
	 * @param progress hears how the call proceeds, {@code null} for a call without
	 * reports
	 * @return a mono with the result
	 */
	Mono<CallToolResult> callTool(CallToolRequest request, @Nullable Consumer<ProgressNotification> progress);

	Mono<ListToolsResult> listTools(@Nullable String cursor);

	Mono<ListResourcesResult> listResources(@Nullable String cursor);

	Mono<ListResourceTemplatesResult> listResourceTemplates(@Nullable String cursor);

	Mono<ReadResourceResult> readResource(ReadResourceRequest request);

	Mono<ListPromptsResult> listPrompts(@Nullable String cursor);

	Mono<GetPromptResult> getPrompt(GetPromptRequest request);

	Mono<CompleteResult> complete(CompleteRequest request);

	/**
	 * Listen to changes at the server. All that is listened to is reported once, as soon
	 * as changes are heard.
	 * @param wanted the changes to listen to, all of which the server offers
	 * @param ending when the connection takes no more calls
	 * @return a flux of changes. It completes or fails when they are not heard any more
	 */
	Flux<ServerChange> changes(Set<ServerChange> wanted, Mono<Void> ending);

	/**
	 * Close the client, connected or not.
	 * @return a mono that completes after the server was told
	 */
	Mono<Void> close();

}
