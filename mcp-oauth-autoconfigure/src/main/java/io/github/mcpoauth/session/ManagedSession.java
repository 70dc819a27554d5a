// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.EOFException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpCallException.Reason;
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
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The session of one server and principal: a connection that comes and goes behind calls
 * that do not notice.
 */
final class ManagedSession implements McpServerSession {

	private final McpServer server;

	private final GrantKey key;

	private final SessionTransports transports;

	private final SessionSettings settings;

	private final List<SessionCustomizer> customizers;

	private final ErrorResults errorResults;

	private final CallGuard guard;

	private final AtomicReference<@Nullable ClientConnection> current = new AtomicReference<>();

	private final AtomicInteger calls = new AtomicInteger();

	private final Clock clock;

	private volatile long calledAt;

	private volatile boolean closed;

	ManagedSession(McpServer server, GrantKey key, McpOAuthManager manager, SessionTransports transports,
			SessionSettings settings, List<SessionCustomizer> customizers, ErrorResults errorResults, Clock clock) {
		this.server = server;
		this.key = key;
		this.transports = transports;
		this.settings = settings;
		this.customizers = customizers;
		this.errorResults = errorResults;
		this.guard = new CallGuard(manager, key, settings, clock);
		this.clock = clock;
		this.calledAt = clock.millis();
	}

	/**
	 * Whether somebody waits for an answer.
	 * @return {@code true} if so
	 */
	boolean isCalled() {
		return this.calls.get() > 0;
	}

	/**
	 * When the last call ended, or there was none yet.
	 * @return milliseconds since the epoch
	 */
	long calledAt() {
		return this.calledAt;
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
		return read(null, McpAsyncClient::initialize);
	}

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request) {
		return guarded(send(ServerCapabilities::tools, (client) -> client.callTool(request))).onErrorResume((ex) -> {
			Map<String, Object> members = ErrorResults.members(ex, request.name());
			return (members != null) ? Mono.just(this.errorResults.result(members)) : Mono.error(ex);
		});
	}

	@Override
	public Mono<List<Tool>> listTools() {
		return pages(ServerCapabilities::tools, McpAsyncClient::listTools, ListToolsResult::nextCursor,
				ListToolsResult::tools);
	}

	@Override
	public Mono<List<Resource>> listResources() {
		return pages(ServerCapabilities::resources, McpAsyncClient::listResources, ListResourcesResult::nextCursor,
				ListResourcesResult::resources);
	}

	@Override
	public Mono<ReadResourceResult> readResource(ReadResourceRequest request) {
		return read(ServerCapabilities::resources, (client) -> client.readResource(request));
	}

	@Override
	public Mono<List<Prompt>> listPrompts() {
		return pages(ServerCapabilities::prompts, McpAsyncClient::listPrompts, ListPromptsResult::nextCursor,
				ListPromptsResult::prompts);
	}

	@Override
	public Mono<GetPromptResult> getPrompt(GetPromptRequest request) {
		return read(ServerCapabilities::prompts, (client) -> client.getPrompt(request));
	}

	@Override
	public void reconnect() {
		ClientConnection connection = this.current.getAndSet(null);
		if (connection != null) {
			connection.retire();
		}
	}

	Mono<Void> close() {
		return Mono.defer(() -> {
			this.closed = true;
			ClientConnection connection = this.current.getAndSet(null);
			return (connection != null) ? connection.close() : Mono.empty();
		});
	}

	private <P, T> Mono<List<T>> pages(Function<ServerCapabilities, @Nullable Object> capability,
			BiFunction<McpAsyncClient, @Nullable String, Mono<P>> operation, Function<P, @Nullable String> cursor,
			Function<P, List<T>> items) {
		return this.<P>read(capability, (client) -> operation.apply(client, null)).expand((page) -> {
			String next = cursor.apply(page);
			return (next == null || next.isEmpty()) ? Mono.empty()
					: read(capability, (client) -> operation.apply(client, next));
		}).reduce(new ArrayList<>(), (all, page) -> {
			all.addAll(items.apply(page));
			return all;
		});
	}

	/**
	 * A call that changes nothing and so may be made again when its answer was lost.
	 */
	private <T> Mono<T> read(@Nullable Function<ServerCapabilities, @Nullable Object> capability,
			Function<McpAsyncClient, Mono<T>> operation) {
		Mono<T> once = send(capability, operation);
		return guarded(once.onErrorResume(CallFailures::isBroken, (ex) -> once));
	}

	private <T> Mono<T> guarded(Mono<T> call) {
		return this.guard.guard(call, () -> this.closed);
	}

	private <T> Mono<T> send(@Nullable Function<ServerCapabilities, @Nullable Object> capability,
			Function<McpAsyncClient, Mono<T>> operation) {
		return Mono.defer(() -> {
			SessionCall ticket = new SessionCall();
			ClientConnection connection = connection();
			this.calls.incrementAndGet();
			return connection.ready().onErrorMap(NotSentException::new).flatMap((initialized) -> {
				if (capability != null && capability.apply(initialized.capabilities()) == null) {
					return Mono.error(notOffered());
				}
				return Mono.firstWithSignal(operation.apply(connection.client()),
						ticket.unanswered().then(Mono.error(() -> new EOFException("The answer was cut off"))));
			})
				.contextWrite(ticket::addTo)
				.doOnError(LoginRequiredException.class, (ex) -> this.guard.park(ticket.authorization(), ex))
				.doOnError(NotSentException.class, (ex) -> broken(connection, ex))
				.doFinally((signal) -> {
					ticket.end();
					connection.leave();
					this.calledAt = this.clock.millis();
					this.calls.decrementAndGet();
				});
		});
	}

	private void broken(ClientConnection connection, NotSentException failure) {
		if (connection.isBroken() && this.current.compareAndSet(connection, null)) {
			connection.retire();
			LoginRequiredException login = CallFailures.find(failure, LoginRequiredException.class);
			if (login != null) {
				this.guard.park(connection.handshake().authorization(), login);
			}
		}
	}

	private McpCallException notOffered() {
		return new McpCallException(server(), Reason.REFUSED,
				"MCP server '%s' does not offer what it was asked for".formatted(server()), null, null, null);
	}

	private ClientConnection connection() {
		while (true) {
			ClientConnection existing = this.current.get();
			if (existing != null && existing.enter()) {
				return existing;
			}
			if (this.closed) {
				throw new McpCallException(server(), Reason.CLOSED,
						"The session with MCP server '%s' is closed: the application shuts down".formatted(server()),
						null, null, null);
			}
			ClientConnection created = new ClientConnection(client());
			if (this.current.compareAndSet(existing, created) && this.closed) {
				// Shut down meanwhile, which wins
				reconnect();
			}
		}
	}

	private McpAsyncClient client() {
		McpClient.AsyncSpec client = McpClient.async(this.transports.create(this.server, this.key))
			.clientInfo(Implementation.builder("mcp-oauth", version()).build())
			.requestTimeout(this.settings.requestTimeout())
			.initializationTimeout(this.settings.connectTimeout());
		this.customizers.forEach((customizer) -> customizer.customize(this.server, client));
		return client.build();
	}

	private static String version() {
		String version = ManagedSession.class.getPackage().getImplementationVersion();
		return (version != null) ? version : "unknown";
	}

}
