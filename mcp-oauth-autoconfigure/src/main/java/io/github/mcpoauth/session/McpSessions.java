// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The sessions of this process: one for each configured server and, where requests may be
 * for different principals, for each principal. A session is made when it is first asked
 * for and replaced when the server's address or settings change. One of a principal is
 * also given up when nobody has used it for long or there are too many.
 */
public final class McpSessions implements McpToolClient, AutoCloseable {

	private static final TypeRef<Map<String, Object>> MEMBERS = new TypeRef<>() {
	};

	private static final long LOOK_PAUSE = 1000;

	private final McpOAuthManager manager;

	private final SessionTransports transports;

	private final SessionSettings settings;

	private final List<SessionCustomizer> customizers;

	private final PrincipalCacheSettings cache;

	private final McpJsonMapper json;

	private final Clock clock;

	private final ConcurrentMap<GrantKey, ManagedSession> sessions = new ConcurrentHashMap<>();

	private volatile long lookedAt;

	private volatile boolean closed;

	/**
	 * Create the sessions. Nothing connects before it is used.
	 * @param manager knows the servers
	 * @param transports makes what the sessions run on
	 * @param settings how long they wait
	 * @param customizers add to what they run on
	 * @param cache how many sessions of principals are kept
	 * @param json the mapper of the MCP library
	 * @param clock what time it is
	 */
	public McpSessions(McpOAuthManager manager, SessionTransports transports, SessionSettings settings,
			List<SessionCustomizer> customizers, PrincipalCacheSettings cache, McpJsonMapper json, Clock clock) {
		this.manager = manager;
		this.transports = transports;
		this.settings = settings;
		this.customizers = List.copyOf(customizers);
		this.cache = cache;
		this.json = json;
		this.clock = clock;
		this.lookedAt = clock.millis();
	}

	/**
	 * The session of a server. Where requests may be for different principals, each call
	 * goes to the session of the one that its Reactor context names.
	 * @param server name of the server
	 * @return the session, the same one for as long as the server is configured as it is
	 * @throws UnknownServerException if there is no such server
	 */
	public McpServerSession get(String server) {
		return this.manager.hasPrincipals() ? new PrincipalSession(server(server), this.manager, this)
				: get(GrantKey.of(server));
	}

	/**
	 * The session of a server that uses a certain grant, whatever Reactor context it is
	 * called in.
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
		this.sessions.keySet()
			.stream()
			.filter((key) -> key.server().equals(name))
			.forEach((key) -> dispose(this.sessions.remove(key)));
		throw new UnknownServerException(name, this.manager.servers().stream().map(McpServer::name).toList());
	}

	/**
	 * Leave the present sessions with a server, whosever they are.
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
		if (key.principal() != null) {
			giveUpIdle();
		}
		ManagedSession created = create(server, key);
		ManagedSession winner = this.sessions.merge(key, created,
				(present, offered) -> present.mcpServer().equals(server) ? present : offered);
		if (winner == created) {
			dispose(existing);
		}
		return winner;
	}

	/**
	 * Let go of what was idle for long, and of the rest what was idle longest, as far as
	 * there are too many. Whoever still has such a session can go on with it: it connects
	 * again.
	 */
	private void giveUpIdle() {
		long now = this.clock.millis();
		boolean full = this.sessions.size() >= this.cache.most();
		if (now - this.lookedAt < (full ? LOOK_PAUSE : this.cache.idle().toMillis() / 2)) {
			return;
		}
		this.lookedAt = now;
		List<Idle> idle = new ArrayList<>();
		this.sessions.forEach((key, session) -> {
			if (key.principal() != null && !session.isCalled()) {
				idle.add(new Idle(key, session, now - session.calledAt()));
			}
		});
		idle.sort(Comparator.comparingLong(Idle::millis).reversed());
		int tooMany = full ? this.sessions.size() - this.cache.most() + 1 + this.cache.most() / 10 : 0;
		for (int index = 0; index < idle.size(); index++) {
			Idle candidate = idle.get(index);
			if (index < tooMany || candidate.millis() >= this.cache.idle().toMillis()) {
				this.sessions.remove(candidate.key(), candidate.session());
				candidate.session().reconnect();
			}
		}
	}

	private ManagedSession create(McpServer server, GrantKey key) {
		ManagedSession session = new ManagedSession(server, key, this.manager, this.transports, this.settings,
				this.customizers, new ErrorResults(this.json), this.clock);
		if (this.closed) {
			dispose(session);
		}
		return session;
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
	 * as it has connected, and none connects again.
	 * @return a mono that ends when the servers were told, whatever they answered
	 */
	public Mono<Void> closeGracefully() {
		return Mono.defer(() -> {
			this.closed = true;
			return Flux.fromIterable(this.sessions.values()).flatMap(ManagedSession::close).then();
		});
	}

	/**
	 * Close all sessions and do not wait for the servers to notice.
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
	 * How long a session has been idle.
	 */
	private record Idle(GrantKey key, ManagedSession session, long millis) {

	}

}
