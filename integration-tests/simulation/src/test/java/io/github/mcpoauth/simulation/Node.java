// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.store.remote.RemoteTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.ManagerEnd;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.RecordStamp;
import org.jspecify.annotations.Nullable;

import org.springframework.web.reactive.function.client.WebClient;

/**
 * One process: the real manager, providers, lock and store code on virtual time.
 */
final class Node {

	private static final Duration PATIENCE = Duration.ofSeconds(25);

	private static final List<String> CHALLENGES = List.of("Bearer error=\"invalid_token\"");

	private static final int MOST_RECOVERIES = 2;

	/**
	 * Longer than a manager waits at its end.
	 */
	private static final Duration LONGEST_END = Duration.ofMinutes(3);

	private final World world;

	private final String name;

	private final Map<GrantKey, TokenServer> servers;

	private final Map<GrantKey, Integer> exchanges = new HashMap<>();

	private final List<Long> pauses = new ArrayList<>();

	private final McpOAuthManager manager;

	private final Clock clock = new NodeClock();

	/**
	 * The counters of two nodes have nothing to do with each other.
	 */
	private final long nanosOffset;

	private Duration clockOffset = Duration.ZERO;

	private boolean dead;

	private boolean killed;

	private long pausedUntil;

	Node(World world, String name, Database database, Map<GrantKey, TokenServer> servers) {
		this.world = world;
		this.name = name;
		this.servers = servers;
		this.nanosOffset = world.random().nextLong() >> 2;
		WorkThreads threads = WorkThreads.of(new VirtualScheduler(world, this), new VirtualScheduler(world, this),
				new VirtualScheduler(world, this), this::nanos);
		RemoteTokenStore store = new NodeStore(new NodeRecords(world, database, this), threads);
		List<McpServer> configured = servers.keySet()
			.stream()
			.map((key) -> new McpServer(key.server(), url(key),
					OAuthSettings.builder().clientId("agent").authorizationServer(TokenServer.ISSUER).build()))
			.toList();
		this.manager = McpOAuthManager.builder()
			.servers(configured)
			.store(store)
			.threads(threads)
			.clock(this.clock)
			.listener(new ThrowingListener())
			.webClients((server) -> WebClient.builder()
				.exchangeFunction((request) -> server(server.key()).exchange(this, request))
				.build())
			.build();
	}

	static URI url(GrantKey key) {
		return URI.create("https://" + key.server() + ".example.com/mcp");
	}

	private long nanos() {
		long nanos = this.world.now() + this.nanosOffset;
		return this.world.plays(Mutant.PAUSES_BY_THE_WALL_CLOCK) ? nanos + this.clockOffset.toNanos() : nanos;
	}

	Clock clock() {
		return this.clock;
	}

	boolean isDead() {
		return this.dead;
	}

	long pausedUntil() {
		return this.pausedUntil;
	}

	boolean wasPausedSince(long instant) {
		return this.pauses.stream().anyMatch((pause) -> pause >= instant);
	}

	/**
	 * Whether the process ended before its manager had.
	 */
	boolean isKilled() {
		return this.killed;
	}

	void kill() {
		this.world.tell(this + " is killed");
		this.dead = true;
		this.killed = true;
	}

	/**
	 * End the manager, then the process.
	 */
	void close() {
		this.world.tell(this + " is closed");
		if (this.world.plays(Mutant.CLOSE_WAITS_FOR_NOTHING)) {
			this.dead = true;
			return;
		}
		ManagerEnd.of(this.manager).doFinally((signal) -> this.world.schedule(Duration.ZERO, this, () -> {
			this.world.tell(this + " has ended");
			this.dead = true;
		})).subscribe();
		this.world.schedule(LONGEST_END, this, () -> this.world.violated(this + " does not end"));
	}

	void pause(Duration span) {
		this.world.tell("%s is paused for %s".formatted(this, span));
		this.pausedUntil = this.world.now() + span.toNanos();
		this.pauses.add(this.pausedUntil);
	}

	void jump(Duration span) {
		this.world.tell("the clock of %s jumps by %s".formatted(this, span));
		this.clockOffset = this.clockOffset.plus(span);
	}

	void setClockRight() {
		this.clockOffset = Duration.ZERO;
	}

	void stored(GrantKey key, int number) {
		server(key).stored(number);
	}

	void learned(GrantKey key, String lessons, int number) {
		if (lessons.contains("refused_token")) {
			server(key).refused(number);
		}
	}

	void exchangeBegins(GrantKey key) {
		int running = this.exchanges.merge(key, 1, Integer::sum);
		if (running > 1) {
			this.world.violated("%s has %d exchanges for %s at once".formatted(this, running, key));
		}
	}

	void exchangeEnds(GrantKey key) {
		this.exchanges.merge(key, -1, Integer::sum);
	}

	/**
	 * Send one request to the MCP server, as the filter does: a token, and one recovery
	 * if the server rejects it.
	 */
	Call request(GrantKey key) {
		Call call = new Call(key, this.world.now());
		McpOAuthProvider provider = this.manager.provider(key);
		provider.token()
			.singleOptional()
			.subscribe((token) -> token.ifPresentOrElse((present) -> sent(call, provider, present),
					() -> call.end("no token")), call::failed);
		this.world.schedule(PATIENCE, this, () -> {
			if (call.result == null && !wasPausedSince(call.began)) {
				this.world.violated("%s waits for %s longer than %s".formatted(this, key, PATIENCE));
			}
		});
		return call;
	}

	private void sent(Call call, McpOAuthProvider provider, AccessToken token) {
		sent(call, provider, token, false, 0);
	}

	/**
	 * As the filter, a call recovers again if the server rejects a token that another
	 * node had renewed.
	 */
	private void sent(Call call, McpOAuthProvider provider, AccessToken token, boolean replayed, int recoveries) {
		this.world.schedule(this.world.between(2, 50), this, () -> {
			if (accepts(call.key, token)) {
				provider.accepted(token);
				call.end("answered");
				return;
			}
			call.rejections++;
			if (recoveries == MOST_RECOVERIES) {
				call.end("failed: the server rejects every token");
				return;
			}
			provider.recover(new Rejection(token, CHALLENGES, replayed)).subscribe((recovery) -> {
				AccessToken next = recovery.token();
				if (next != null) {
					sent(call, provider, next, recovery.outcome() == Recovery.Outcome.REFRESHED, recoveries + 1);
				}
				else {
					call.end((recovery.outcome() == Recovery.Outcome.REAUTHORIZE) ? "login required"
							: "failed: " + recovery.reason());
				}
			}, call::failed);
		});
	}

	private boolean accepts(GrantKey key, AccessToken token) {
		return server(key).accepts(token.value().reveal());
	}

	private TokenServer server(GrantKey key) {
		return Objects.requireNonNull(this.servers.get(key));
	}

	@Override
	public String toString() {
		return this.name;
	}

	/**
	 * One request and its result.
	 */
	final class Call {

		private final GrantKey key;

		private final long began;

		private @Nullable String result;

		private int rejections;

		private Call(GrantKey key, long began) {
			this.key = key;
			this.began = began;
		}

		private void failed(Throwable failure) {
			end((failure instanceof LoginRequiredException) ? "login required" : "failed: " + failure.getMessage());
		}

		private void end(String result) {
			if (this.result == null) {
				this.result = result;
				if (result.equals("login required") && !server(this.key).needsLogin()) {
					Node.this.world.violated("%s asks for a login for %s without need".formatted(Node.this, this.key));
				}
			}
		}

		Node node() {
			return Node.this;
		}

		int rejections() {
			return this.rejections;
		}

		@Nullable String result() {
			return this.result;
		}

	}

	/**
	 * The store, with the connection of this node.
	 */
	private final class NodeStore extends RemoteTokenStore {

		private NodeStore(NodeRecords records, WorkThreads threads) {
			super(records, RemoteStoreSettings.defaults(), threads);
		}

		@Override
		public boolean isCurrent(GrantKey key, RecordStamp stamp) {
			return Node.this.world.plays(Mutant.CHANGES_NEVER_TOLD) || super.isCurrent(key, stamp);
		}

	}

	/**
	 * A clock that can be wrong.
	 */
	private final class NodeClock extends Clock {

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			return this;
		}

		@Override
		public Instant instant() {
			return Instant.EPOCH.plusNanos(Node.this.world.now()).plus(Node.this.clockOffset);
		}

	}

	/**
	 * A listener with a fault.
	 */
	private final class ThrowingListener implements McpOAuthListener {

		@Override
		public void onEvent(McpOAuthEvent event) {
			if (Node.this.world.happens(Node.this.world.faults().listener())) {
				throw new IllegalStateException("a listener throws");
			}
		}

	}

}
