/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.session;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpCallException;
import io.github.mcpoauth.McpCallException.Reason;
import io.github.mcpoauth.McpServer;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.ListPromptsResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourcesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpTransportSessionNotFoundException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The session of one server: a connection that comes and goes behind calls that do not
 * notice.
 */
final class ManagedSession implements McpSession {

	private final McpServer server;

	private final SessionTransports transports;

	private final SessionSettings settings;

	private final ErrorResults errorResults;

	private final AtomicReference<@Nullable Connection> current = new AtomicReference<>();

	private volatile boolean closed;

	ManagedSession(McpServer server, SessionTransports transports, SessionSettings settings,
			ErrorResults errorResults) {
		this.server = server;
		this.transports = transports;
		this.settings = settings;
		this.errorResults = errorResults;
	}

	McpServer mcpServer() {
		return this.server;
	}

	@Override
	public String server() {
		return this.server.name();
	}

	@Override
	public Mono<InitializeResult> connect() {
		return call(null, McpAsyncClient::initialize);
	}

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request) {
		return call(ServerCapabilities::tools, (client) -> client.callTool(request))
			.onErrorResume(LoginRequiredException.class,
					(ex) -> Mono.just(this.errorResults.needsReauth(ex.needsReauth())))
			.onErrorResume(McpCallException.class, (ex) -> (ex.getReason() == Reason.UNANSWERED)
					? Mono.just(this.errorResults.outcomeUncertain(ex, request.name())) : Mono.error(ex));
	}

	@Override
	public Mono<List<Tool>> listTools() {
		return call(ServerCapabilities::tools, McpAsyncClient::listTools).map(ListToolsResult::tools);
	}

	@Override
	public Mono<List<Resource>> listResources() {
		return call(ServerCapabilities::resources, McpAsyncClient::listResources).map(ListResourcesResult::resources);
	}

	@Override
	public Mono<ReadResourceResult> readResource(ReadResourceRequest request) {
		return call(ServerCapabilities::resources, (client) -> client.readResource(request));
	}

	@Override
	public Mono<List<Prompt>> listPrompts() {
		return call(ServerCapabilities::prompts, McpAsyncClient::listPrompts).map(ListPromptsResult::prompts);
	}

	@Override
	public Mono<GetPromptResult> getPrompt(GetPromptRequest request) {
		return call(ServerCapabilities::prompts, (client) -> client.getPrompt(request));
	}

	@Override
	public void reconnect() {
		Connection connection = this.current.getAndSet(null);
		if (connection != null) {
			connection.close().subscribe();
		}
	}

	Mono<Void> close() {
		return Mono.defer(() -> {
			this.closed = true;
			Connection connection = this.current.getAndSet(null);
			return (connection != null) ? connection.close() : Mono.empty();
		});
	}

	private <T> Mono<T> call(@Nullable Function<ServerCapabilities, @Nullable Object> capability,
			Function<McpAsyncClient, Mono<T>> operation) {
		return Mono.defer(() -> {
			Connection connection = connection();
			return send(connection, capability, operation).onErrorResume(ManagedSession::isForgotten, (ex) -> {
				forget(connection);
				return send(connection(), capability, operation);
			});
		}).onErrorMap((ex) -> CallFailures.translate(server(), ex));
	}

	private <T> Mono<T> send(Connection connection, @Nullable Function<ServerCapabilities, @Nullable Object> capability,
			Function<McpAsyncClient, Mono<T>> operation) {
		return connection.ready().doOnError((ex) -> forget(connection)).flatMap((initialized) -> {
			if (capability != null && capability.apply(initialized.capabilities()) == null) {
				return Mono.error(new McpCallException(server(), Reason.REFUSED,
						"MCP server '%s' does not offer what it was asked for".formatted(server()), null, null, null));
			}
			return operation.apply(connection.client());
		});
	}

	private static boolean isForgotten(Throwable failure) {
		return CallFailures.find(failure, McpTransportSessionNotFoundException.class, (candidate) -> true) != null;
	}

	private Connection connection() {
		while (true) {
			Connection existing = this.current.get();
			if (existing != null) {
				return existing;
			}
			if (this.closed) {
				throw new McpCallException(server(), Reason.CLOSED,
						"The session with MCP server '%s' is closed: the application shuts down".formatted(server()),
						null, null, null);
			}
			Connection created = new Connection(client());
			if (this.current.compareAndSet(null, created)) {
				return created;
			}
		}
	}

	private void forget(Connection connection) {
		if (this.current.compareAndSet(connection, null)) {
			connection.close().subscribe();
		}
	}

	private McpAsyncClient client() {
		return McpClient.async(this.transports.create(this.server))
			.clientInfo(Implementation.builder("mcp-oauth", version()).build())
			.requestTimeout(this.settings.requestTimeout())
			.initializationTimeout(this.settings.connectTimeout())
			.build();
	}

	private static String version() {
		String version = ManagedSession.class.getPackage().getImplementationVersion();
		return (version != null) ? version : "unknown";
	}

}
