// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.EOFException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.internal.principal.CallerContext;
import io.github.mcpoauth.session.McpCallException.Reason;
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
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The session of one server and principal. Its connection may be replaced at any time,
 * which the calls do not notice.
 */
final class ManagedSession implements McpServerSession {

	/**
	 * Pages of one list. A server that needs more repeats itself.
	 */
	private static final int MOST_PAGES = 1000;

	private static final Logger logger = LoggerFactory.getLogger(ManagedSession.class);

	private final McpServer server;

	private final GrantKey key;

	private final SessionClients clients;

	private final CallGuard guard;

	private final ErrorResults errorResults;

	private final LongSupplier nanoTime;

	private final AtomicReference<@Nullable ClientConnection> current = new AtomicReference<>();

	private final AtomicInteger calls = new AtomicInteger();

	// Of several calls that end at the same time any may win: the idle time is no exact
	// one
	private volatile long calledAt;

	private volatile boolean closed;

	private final Sinks.Empty<Void> closing = Sinks.empty();

	ManagedSession(McpServer server, GrantKey key, SessionClients clients, CallGuard guard, ErrorResults errorResults,
			LongSupplier nanoTime) {
		this.server = server;
		this.key = key;
		this.clients = clients;
		this.guard = guard;
		this.errorResults = errorResults;
		this.nanoTime = nanoTime;
		this.calledAt = nanoTime.getAsLong();
	}

	GrantKey key() {
		return this.key;
	}

	/**
	 * Whether a call is under way.
	 * @return {@code true} if so
	 */
	boolean isCalled() {
		return this.calls.get() > 0;
	}

	/**
	 * When the last call ended, or the session was created.
	 * @return the value of the counter then, in nanoseconds
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
		return repeatable(send(null, ClientConnection::ready));
	}

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request) {
		return call(request, null);
	}

	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request, Consumer<ProgressNotification> progress) {
		return call(request, (report) -> {
			try {
				progress.accept(report);
			}
			catch (RuntimeException ex) {
				logger.warn("MCP server '{}': the report of the progress of '{}' was not taken", server(),
						request.name(), ex);
			}
		});
	}

	private Mono<CallToolResult> call(CallToolRequest request, @Nullable Consumer<ProgressNotification> progress) {
		return guarded(send(ServerCapabilities::tools, (connection) -> connection.client().callTool(request, progress)))
			.onErrorResume((ex) -> {
				Map<String, Object> members = ErrorResults.members(ex, request.name());
				return (members != null) ? Mono.just(this.errorResults.result(members)) : Mono.error(ex);
			});
	}

	@Override
	public Mono<List<Tool>> listTools() {
		return pages(ServerCapabilities::tools, ServerClient::listTools, ListToolsResult::nextCursor,
				ListToolsResult::tools);
	}

	@Override
	public Mono<List<Resource>> listResources() {
		return pages(ServerCapabilities::resources, ServerClient::listResources, ListResourcesResult::nextCursor,
				ListResourcesResult::resources);
	}

	@Override
	public Mono<List<ResourceTemplate>> listResourceTemplates() {
		return pages(ServerCapabilities::resources, ServerClient::listResourceTemplates,
				ListResourceTemplatesResult::nextCursor, ListResourceTemplatesResult::resourceTemplates);
	}

	@Override
	public Mono<ReadResourceResult> readResource(ReadResourceRequest request) {
		return read(ServerCapabilities::resources, (client) -> client.readResource(request));
	}

	@Override
	public Mono<List<Prompt>> listPrompts() {
		return pages(ServerCapabilities::prompts, ServerClient::listPrompts, ListPromptsResult::nextCursor,
				ListPromptsResult::prompts);
	}

	@Override
	public Mono<GetPromptResult> getPrompt(GetPromptRequest request) {
		return read(ServerCapabilities::prompts, (client) -> client.getPrompt(request));
	}

	@Override
	public Mono<CompleteResult> complete(CompleteRequest request) {
		return read(ServerCapabilities::completions, (client) -> client.complete(request));
	}

	@Override
	public Flux<ServerChange> changes(String... resources) {
		Set<String> watched = Set.of(resources);
		return Flux.defer(() -> {
			ListeningPauses pauses = new ListeningPauses(this.clients.threads());
			return Flux.defer(() -> pauses.next().thenMany(listen(watched)))
				.onErrorResume(ManagedSession::isPassing, (ex) -> {
					logger.debug("MCP server '{}': changes are not heard for now", server(), ex);
					return Flux.empty();
				})
				.repeat(() -> !this.closed);
		}).takeUntilOther(this.closing.asMono());
	}

	private Flux<ServerChange> listen(Set<String> resources) {
		// The connecting heals what a call heals
		return connect().flatMapMany((description) -> {
			SessionCall call = new SessionCall();
			ClientConnection connection = connection();
			this.calls.incrementAndGet();
			return connection.ready()
				.flatMapMany((initialized) -> listen(connection, initialized.capabilities(), resources))
				.contextWrite((context) -> call.addTo(CallerContext.addTo(context)))
				.doOnError(LoginRequiredException.class, (ex) -> this.guard.requireLogin(call.authorization(), ex))
				.doOnError(ProtocolChangedException.class, (ex) -> replace(connection))
				.doFinally((signal) -> leave(connection, call));
		})
			.onErrorMap((ex) -> !(ex instanceof ProtocolChangedException),
					(ex) -> CallFailures.translate(server(), ex, this.closed));
	}

	private Flux<ServerChange> listen(ClientConnection connection, ServerCapabilities offered, Set<String> resources) {
		Set<ServerChange> wanted = new LinkedHashSet<>();
		if (offered.tools() != null && Boolean.TRUE.equals(offered.tools().listChanged())) {
			wanted.add(ServerChange.of(ServerChange.Kind.TOOLS));
		}
		if (offered.prompts() != null && Boolean.TRUE.equals(offered.prompts().listChanged())) {
			wanted.add(ServerChange.of(ServerChange.Kind.PROMPTS));
		}
		if (offered.resources() != null && Boolean.TRUE.equals(offered.resources().listChanged())) {
			wanted.add(ServerChange.of(ServerChange.Kind.RESOURCES));
		}
		boolean watchable = offered.resources() != null && Boolean.TRUE.equals(offered.resources().subscribe());
		resources.forEach((uri) -> wanted.add(ServerChange.resource(uri)));
		return (wanted.isEmpty() || (!resources.isEmpty() && !watchable)) ? Flux.error(notOffered())
				: connection.client().changes(wanted, connection.ending());
	}

	private static boolean isPassing(Throwable failure) {
		return failure instanceof ProtocolChangedException || failure instanceof TransientAuthorizationException
				|| Exceptions.isOverflow(failure)
				|| (failure instanceof McpCallException call && call.getReason() != Reason.REFUSED);
	}

	@Override
	public void reconnect() {
		// Taken and cleared in one step: a connection that another caller sets in between
		// would be dropped without being closed
		ClientConnection connection = this.current.getAndSet(null);
		if (connection != null) {
			connection.retire();
		}
	}

	Mono<Void> close() {
		return Mono.defer(() -> {
			// Before the connection is taken: a caller that connects meanwhile then sees
			// the close and ends its own connection
			this.closed = true;
			this.closing.tryEmitEmpty();
			ClientConnection connection = this.current.getAndSet(null);
			return (connection != null) ? connection.close() : Mono.empty();
		});
	}

	private <P, T> Mono<List<T>> pages(Function<ServerCapabilities, @Nullable Object> capability,
			BiFunction<ServerClient, @Nullable String, Mono<P>> operation, Function<P, @Nullable String> cursor,
			Function<P, List<T>> items) {
		return Mono.defer(() -> {
			Set<String> cursors = new HashSet<>();
			return this.<P>read(capability, (client) -> operation.apply(client, null)).expand((page) -> {
				String next = cursor.apply(page);
				if (next == null || next.isEmpty()) {
					return Mono.empty();
				}
				if (!cursors.add(next) || cursors.size() >= MOST_PAGES) {
					return Mono.error(endlessList(cursors.size()));
				}
				return read(capability, (client) -> operation.apply(client, next));
			}).reduce(new ArrayList<T>(), (all, page) -> {
				all.addAll(items.apply(page));
				return all;
			});
		});
	}

	private McpCallException endlessList(int pages) {
		return new McpCallException(server(), Reason.REFUSED, ((pages < MOST_PAGES)
				? "MCP server '%s' sends a list that does not end: after %d pages it repeats a cursor. Its operator has to correct that"
				: "MCP server '%s' sends a list that does not end: it has more than %d pages. Its operator has to correct that")
			.formatted(server(), pages), null, null, null);
	}

	/**
	 * A call that changes nothing, so it may be made again when its answer was lost.
	 */
	private <T> Mono<T> read(@Nullable Function<ServerCapabilities, @Nullable Object> capability,
			Function<ServerClient, Mono<T>> operation) {
		return repeatable(send(capability, (connection) -> operation.apply(connection.client())));
	}

	private <T> Mono<T> repeatable(Mono<T> once) {
		return guarded(once.onErrorResume(CallFailures::isBroken, (ex) -> once));
	}

	private <T> Mono<T> guarded(Mono<T> call) {
		return this.guard.guard(call, () -> this.closed);
	}

	/**
	 * A server that speaks another protocol than before has not acted on the call, which
	 * is then made in that protocol.
	 */
	private <T> Mono<T> send(@Nullable Function<ServerCapabilities, @Nullable Object> capability,
			Function<ClientConnection, Mono<T>> operation) {
		Mono<T> once = sendOnce(capability, operation);
		return once.onErrorResume(ProtocolChangedException.class, (ex) -> once)
			.onErrorMap(ProtocolChangedException.class, ProtocolChangedException::refusal);
	}

	private <T> Mono<T> sendOnce(@Nullable Function<ServerCapabilities, @Nullable Object> capability,
			Function<ClientConnection, Mono<T>> operation) {
		return Mono.defer(() -> {
			SessionCall call = new SessionCall();
			ClientConnection connection = connection();
			this.calls.incrementAndGet();
			return connection.ready().onErrorMap(NotSentException::new).flatMap((initialized) -> {
				if (capability != null && capability.apply(initialized.capabilities()) == null) {
					return Mono.error(notOffered());
				}
				return Mono.firstWithSignal(operation.apply(connection),
						call.unanswered().then(Mono.error(() -> new EOFException("The answer was cut off"))));
			})
				.contextWrite((context) -> call.addTo(CallerContext.addTo(context)))
				.doOnError(LoginRequiredException.class, (ex) -> this.guard.requireLogin(call.authorization(), ex))
				.doOnError(NotSentException.class, (ex) -> broken(connection, ex))
				.doOnError(ProtocolChangedException.class, (ex) -> replace(connection))
				.doFinally((signal) -> leave(connection, call));
		});
	}

	private void leave(ClientConnection connection, SessionCall call) {
		call.end();
		connection.leave();
		this.calledAt = this.nanoTime.getAsLong();
		this.calls.decrementAndGet();
	}

	private void replace(ClientConnection connection) {
		// Of all calls that notice the change, the first one retires the connection
		if (this.current.compareAndSet(connection, null)) {
			connection.retire();
		}
	}

	private void broken(ClientConnection connection, NotSentException failure) {
		// All calls that waited for this connection come here: the first one retires it
		if (connection.isBroken() && this.current.compareAndSet(connection, null)) {
			connection.retire();
			LoginRequiredException login = CallFailures.find(failure, LoginRequiredException.class);
			if (login != null) {
				this.guard.requireLogin(connection.handshake().authorization(), login);
			}
		}
	}

	private McpCallException notOffered() {
		return new McpCallException(server(), Reason.REFUSED,
				"MCP server '%s' does not offer what it was asked for".formatted(server()), null, null, null);
	}

	/**
	 * Enter the present connection, or create one. Synchronized, so that calls that start
	 * at the same time create one client and not one each.
	 */
	private synchronized ClientConnection connection() {
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
			ClientConnection created = this.clients.create(this.server, this.key);
			// A close since the look above has found no connection to close, so the new
			// one must not stay
			if (this.current.compareAndSet(existing, created) && this.closed) {
				reconnect();
			}
		}
	}

}
