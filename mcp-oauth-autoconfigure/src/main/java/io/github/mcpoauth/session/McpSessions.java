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

import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import io.github.mcpoauth.McpCallException;
import io.github.mcpoauth.McpCallException.Reason;
import io.github.mcpoauth.McpOAuthManager;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.McpToolClient;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.UnknownToolException;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The sessions of this process: one for each configured server, made when it is first
 * asked for and replaced when the server's address or settings change.
 */
public final class McpSessions implements McpToolClient, AutoCloseable {

	private static final TypeRef<Map<String, Object>> MEMBERS = new TypeRef<>() {
	};

	private final McpOAuthManager manager;

	private final SessionTransports transports;

	private final SessionSettings settings;

	private final List<SessionCustomizer> customizers;

	private final McpJsonMapper json;

	private final Clock clock;

	private final ConcurrentMap<String, ManagedSession> sessions = new ConcurrentHashMap<>();

	private volatile boolean closed;

	/**
	 * Create the sessions. Nothing connects before it is used.
	 * @param manager knows the servers
	 * @param transports makes what the sessions run on
	 * @param settings how long they wait
	 * @param customizers add to what they run on
	 * @param json the mapper of the MCP library
	 * @param clock what time it is
	 */
	public McpSessions(McpOAuthManager manager, SessionTransports transports, SessionSettings settings,
			List<SessionCustomizer> customizers, McpJsonMapper json, Clock clock) {
		this.manager = manager;
		this.transports = transports;
		this.settings = settings;
		this.customizers = List.copyOf(customizers);
		this.json = json;
		this.clock = clock;
	}

	/**
	 * The session of a server.
	 * @param server name of the server
	 * @return the session, the same one for as long as the server is configured as it is
	 * @throws UnknownServerException if there is no such server
	 */
	public McpSession get(String server) {
		for (McpServer candidate : this.manager.servers()) {
			if (candidate.name().equals(server)) {
				return session(candidate);
			}
		}
		dispose(this.sessions.remove(server));
		throw new UnknownServerException(server, this.manager.servers().stream().map(McpServer::name).toList());
	}

	private ManagedSession session(McpServer server) {
		ManagedSession existing = this.sessions.get(server.name());
		if (existing != null && existing.mcpServer().equals(server)) {
			return existing;
		}
		ManagedSession created = create(server);
		ManagedSession winner = this.sessions.merge(server.name(), created,
				(present, offered) -> present.mcpServer().equals(server) ? present : offered);
		if (winner == created) {
			dispose(existing);
		}
		return winner;
	}

	private ManagedSession create(McpServer server) {
		ManagedSession session = new ManagedSession(server, this.manager, this.transports, this.settings,
				this.customizers, new ErrorResults(this.json), this.clock);
		if (this.closed) {
			dispose(session);
		}
		return session;
	}

	@Override
	public Mono<List<Map<String, Object>>> listTools(String server) {
		return Mono.defer(() -> get(server).listTools())
			.map((tools) -> tools.stream().map((tool) -> this.json.convertValue(tool, MEMBERS)).toList());
	}

	@Override
	public Mono<Map<String, Object>> callTool(String server, String tool, Map<String, Object> arguments) {
		return Mono.defer(() -> {
			McpSession session = get(server);
			return session.callTool(CallToolRequest.builder(tool).arguments(arguments).build())
				.onErrorResume(McpSessions::isRefused, (ex) -> session.listTools()
					.flatMap((tools) -> Mono.error(offers(tools, tool) ? ex : new UnknownToolException(server, tool))));
		}).map((result) -> this.json.convertValue(result, MEMBERS));
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

}
