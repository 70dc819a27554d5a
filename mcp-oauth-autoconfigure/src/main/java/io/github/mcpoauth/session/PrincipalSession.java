// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.principal.CallerContext;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The sessions of all principals with one server, as one: each call goes to the session
 * of the principal that its Reactor context names, or of the application.
 *
 * @param mcpServer the server
 * @param manager resolves the grant of a call
 * @param sessions has the sessions
 */
record PrincipalSession(McpServer mcpServer, McpOAuthManager manager,
		McpSessions sessions) implements McpServerSession {

	@Override
	public String server() {
		return this.mcpServer.name();
	}

	@Override
	public Mono<InitializeResult> connect() {
		return list(McpServerSession::connect);
	}

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request) {
		return call((session) -> session.callTool(request));
	}

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request, Consumer<ProgressNotification> progress) {
		return call((session) -> session.callTool(request, progress));
	}

	@Override
	public Mono<List<Tool>> listTools() {
		return list(McpServerSession::listTools);
	}

	@Override
	public Mono<List<Resource>> listResources() {
		return call(McpServerSession::listResources);
	}

	@Override
	public Mono<List<ResourceTemplate>> listResourceTemplates() {
		return call(McpServerSession::listResourceTemplates);
	}

	@Override
	public Mono<ReadResourceResult> readResource(ReadResourceRequest request) {
		return call((session) -> session.readResource(request));
	}

	@Override
	public Mono<List<Prompt>> listPrompts() {
		return call(McpServerSession::listPrompts);
	}

	@Override
	public Mono<GetPromptResult> getPrompt(GetPromptRequest request) {
		return call((session) -> session.getPrompt(request));
	}

	@Override
	public Mono<CompleteResult> complete(CompleteRequest request) {
		return call((session) -> session.complete(request));
	}

	@Override
	public Flux<ServerChange> changes(String... resources) {
		return this.manager.providerFor(server())
			.flatMapMany((provider) -> this.sessions.get(provider.key()).changes(resources))
			.contextWrite(CallerContext::addTo);
	}

	@Override
	public void reconnect() {
		this.sessions.reconnect(server());
	}

	private <T> Mono<T> list(Function<McpServerSession, Mono<T>> operation) {
		return this.mcpServer.oauth().listToolsAsApplication()
				? operation.apply(this.sessions.get(this.mcpServer.key())) : call(operation);
	}

	private <T> Mono<T> call(Function<McpServerSession, Mono<T>> operation) {
		return this.manager.providerFor(server())
			.flatMap((provider) -> operation.apply(this.sessions.get(provider.key())))
			.contextWrite(CallerContext::addTo);
	}

}
