// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.IdleSweep;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The sessions of this process: one for each configured server and, where requests may be
 * for different principals, for each principal. A session is created when it is first
 * asked for and replaced when the server's address or settings change. The session of a
 * principal is also given up after it has been idle for long, or when there are too many.
 */
public final class McpSessions implements McpToolClient, AutoCloseable {

	private static final TypeRef<Map<String, Object>> MEMBERS = new TypeRef<>() {
	};

	private final McpOAuthManager manager;

	private final SessionSettings settings;

	private final SessionClients clients;

	private final IdleSweep idleSweep;

	private final LongSupplier nanoTime;

	private final McpJsonMapper json = McpJsonDefaults.getMapper();

	private final ErrorResults errorResults = new ErrorResults(this.json);

	private final ConcurrentMap<GrantKey, ManagedSession> sessions = new ConcurrentHashMap<>();

	private final ConcurrentMap<String, PrincipalSession> byServer = new ConcurrentHashMap<>();

	// Set before all sessions are closed, read after a session was added: one side closes
	// it
	private volatile boolean closed;

	/**
	 * Create the sessions of an application that answers no questions of servers. They
	 * connect when they are used.
	 * @param manager the manager of the servers
	 * @param transports creates the transports of the sessions
	 * @param settings the timeouts of the sessions
	 * @param customizers add to the clients of the sessions
	 * @param cache how many sessions of principals are kept
	 * @param threads run the deadlines
	 */
	public McpSessions(McpOAuthManager manager, SessionTransports transports, SessionSettings settings,
			List<SessionCustomizer> customizers, PrincipalCacheSettings cache, WorkThreads threads) {
		this(manager, transports, settings, new Additions(customizers, QuestionRegistry.unanswered()), cache, threads);
	}

	/**
	 * Create the sessions. They connect when they are used.
	 * @param manager the manager of the servers
	 * @param transports creates the transports of the sessions
	 * @param settings the timeouts of the sessions
	 * @param additions the application's part in the sessions
	 * @param cache how many sessions of principals are kept
	 * @param threads run the deadlines
	 */
	public McpSessions(McpOAuthManager manager, SessionTransports transports, SessionSettings settings,
			Additions additions, PrincipalCacheSettings cache, WorkThreads threads) {
		this(manager, new SessionClients(transports, settings, additions.customizers(), threads, additions.questions()),
				cache, System::nanoTime);
	}

	McpSessions(McpOAuthManager manager, SessionClients clients, PrincipalCacheSettings cache, LongSupplier nanoTime) {
		this.manager = manager;
		this.settings = clients.settings();
		this.clients = clients;
		this.idleSweep = new IdleSweep(cache.most(), cache.idle(), nanoTime);
		this.nanoTime = nanoTime;
	}

	/**
	 * The session of a server. Each call goes to the session of the principal that its
	 * Reactor context names, where requests may be for different principals, and else to
	 * the application's own.
	 * @param server name of the server
	 * @return the session, the same one for as long as the server is configured as it is
	 * @throws UnknownServerException if there is no such server
	 */
	public McpServerSession get(String server) {
		McpServer configured = server(server);
		return Objects.requireNonNull(this.byServer.compute(server,
				(name, present) -> (present != null && present.mcpServer().equals(configured)) ? present
						: new PrincipalSession(configured, this.manager, this)));
	}

	/**
	 * The session of a server that uses a certain grant, in any Reactor context.
	 * @param key the grant
	 * @return the session, the same one for as long as the server is configured as it is
	 * and it is in use
	 * @throws UnknownServerException if there is no such server
	 */
	public McpServerSession get(GrantKey key) {
		return session(server(key.server()), key);
	}

	private McpServer server(String name) {
		for (McpServer candidate : this.manager.servers()) {
			if (candidate.name().equals(name)) {
				return candidate;
			}
		}
		this.byServer.remove(name);
		this.sessions.keySet()
			.stream()
			.filter((key) -> key.server().equals(name))
			.forEach((key) -> dispose(this.sessions.remove(key)));
		throw new UnknownServerException(name, this.manager.servers().stream().map(McpServer::name).toList());
	}

	/**
	 * Leave the present sessions of all principals with a server.
	 */
	void reconnect(String server) {
		this.sessions.forEach((key, session) -> {
			if (key.server().equals(server)) {
				session.reconnect();
			}
		});
	}

	private ManagedSession session(McpServer server, GrantKey key) {
		ManagedSession existing = this.sessions.get(key);
		if (existing != null && existing.mcpServer().equals(server)) {
			return existing;
		}
		if (key.principal() != null && this.idleSweep.isDue(this.sessions.size())) {
			this.idleSweep.sweep(this.sessions.values(), ManagedSession::calledAt, this::giveUp);
		}
		ManagedSession created = create(server, key);
		ManagedSession winner = this.sessions.merge(key, created,
				(present, offered) -> present.mcpServer().equals(server) ? present : offered);
		if (winner == created) {
			dispose(existing);
		}
		// Looked at when the session can be found: a close before that has not seen it
		if (this.closed) {
			dispose(winner);
		}
		return winner;
	}

	/**
	 * Give up the session of a principal. A caller that still has it can go on using it:
	 * it connects again.
	 */
	private boolean giveUp(ManagedSession session) {
		if (session.key().principal() == null || session.isCalled()) {
			return false;
		}
		// Another session may have taken its place meanwhile, which stays
		this.sessions.remove(session.key(), session);
		session.reconnect();
		return true;
	}

	private ManagedSession create(McpServer server, GrantKey key) {
		CallGuard guard = new CallGuard(this.manager, key, this.settings, this.nanoTime);
		return new ManagedSession(server, key, this.clients, guard, this.errorResults, this.nanoTime);
	}

	@Override
	public Mono<List<Map<String, Object>>> listTools(String server) {
		return Mono.defer(() -> listTools(get(server)));
	}

	@Override
	public Mono<List<Map<String, Object>>> listTools(GrantKey key) {
		return Mono.defer(() -> listTools(get(key)));
	}

	private Mono<List<Map<String, Object>>> listTools(McpServerSession session) {
		return session.listTools()
			.map((tools) -> tools.stream().map((tool) -> this.json.convertValue(tool, MEMBERS)).toList());
	}

	@Override
	public Mono<Map<String, Object>> callTool(String server, String tool, Map<String, Object> arguments) {
		return Mono.defer(() -> callTool(get(server), tool, arguments));
	}

	@Override
	public Mono<Map<String, Object>> callTool(GrantKey key, String tool, Map<String, Object> arguments) {
		return Mono.defer(() -> callTool(get(key), tool, arguments));
	}

	private Mono<Map<String, Object>> callTool(McpServerSession session, String tool, Map<String, Object> arguments) {
		return session.callTool(CallToolRequest.builder(tool).arguments(arguments).build())
			.onErrorResume(McpSessions::isRefused,
					(ex) -> session.listTools()
						.flatMap((tools) -> Mono
							.error(offers(tools, tool) ? ex : new UnknownToolException(session.server(), tool))))
			.map((result) -> this.json.convertValue(result, MEMBERS));
	}

	private static boolean isRefused(Throwable failure) {
		return failure instanceof McpCallException call && call.getReason() == Reason.REFUSED;
	}

	private static boolean offers(List<Tool> tools, String name) {
		return tools.stream().anyMatch((tool) -> tool.name().equals(name));
	}

	/**
	 * Close all sessions. A session that is connecting at that moment is closed as soon
	 * as it has connected, and no session connects again.
	 * @return a mono that completes after the servers were told, with any answer
	 */
	public Mono<Void> closeGracefully() {
		return Mono.defer(() -> {
			this.closed = true;
			return Flux.fromIterable(this.sessions.values()).flatMap(ManagedSession::close).then();
		});
	}

	/**
	 * Close all sessions without waiting for the servers.
	 */
	@Override
	public void close() {
		closeGracefully().subscribe();
	}

	private static void dispose(@Nullable ManagedSession session) {
		if (session != null) {
			session.close().subscribe();
		}
	}

	/**
	 * The application's part in sessions.
	 *
	 * @param customizers add to the clients of the sessions
	 * @param questions ask users the questions that servers have during calls
	 */
	public record Additions(List<SessionCustomizer> customizers, QuestionRegistry questions) {

		public Additions {
			customizers = List.copyOf(customizers);
		}

	}

}
