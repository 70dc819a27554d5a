// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.Set;
import java.util.function.Consumer;

import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.modelcontextprotocol.client.McpAsyncClient;
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
 * Speaks the protocol up to 2025-11-25.
 *
 * @param client the client of the MCP library
 * @param questions the questions that the server asks during calls
 * @param progress the reports that the server makes during calls
 * @param changes the changes that the server reports
 */
record LegacyClient(McpAsyncClient client, LegacyQuestions questions, LegacyProgress progress,
		LegacyChanges changes) implements ServerClient {

	@Override
	public Mono<InitializeResult> connect() {
		return this.client.initialize().contextWrite(this.changes::addTo);
	}

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request, @Nullable Consumer<ProgressNotification> progress) {
		return this.questions.callTool(request.name(), this.progress.during(request, progress, this.client::callTool));
	}

	@Override
	public Mono<ListToolsResult> listTools(@Nullable String cursor) {
		return this.questions.during(this.client.listTools(cursor));
	}

	@Override
	public Mono<ListResourcesResult> listResources(@Nullable String cursor) {
		return this.questions.during(this.client.listResources(cursor));
	}

	@Override
	public Mono<ListResourceTemplatesResult> listResourceTemplates(@Nullable String cursor) {
		return this.questions.during(this.client.listResourceTemplates(cursor));
	}

	@Override
	public Mono<ReadResourceResult> readResource(ReadResourceRequest request) {
		return this.questions.during(this.client.readResource(request));
	}

	@Override
	public Mono<ListPromptsResult> listPrompts(@Nullable String cursor) {
		return this.questions.during(this.client.listPrompts(cursor));
	}

	@Override
	public Mono<GetPromptResult> getPrompt(GetPromptRequest request) {
		return this.questions.during(this.client.getPrompt(request));
	}

	@Override
	public Mono<CompleteResult> complete(CompleteRequest request) {
		return this.questions.during(this.client.completeCompletion(request));
	}

	@Override
	public Flux<ServerChange> changes(Set<ServerChange> wanted, Mono<Void> ending) {
		return this.changes.listen(this.client, wanted, ending);
	}

	@Override
	public Mono<Void> close() {
		return this.client.closeGracefully();
	}

}
