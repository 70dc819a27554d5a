// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.remote.Fence;
import io.github.mcpoauth.internal.store.remote.Revision;

/**
 * One run: nodes that share grants for some minutes of virtual time with faults, then a
 * time without faults, after which every node must have the newest grant.
 */
final class Simulation {

	private static final Duration BUSY = Duration.ofMinutes(4);

	private static final Duration QUIET = Duration.ofMinutes(2);

	private final World world;

	private final Database database;

	private final Map<GrantKey, TokenServer> servers = new LinkedHashMap<>();

	private final List<Node> nodes = new ArrayList<>();

	private int started;

	private Simulation(long seed, Mutant mutant) {
		this.world = new World(seed, mutant);
		this.database = new Database(this.world);
		int grants = 1 + this.world.random().nextInt(2);
		for (int i = 0; i < grants; i++) {
			GrantKey key = GrantKey.of("server" + i);
			this.servers.put(key, new TokenServer(this.world, key));
			store(key);
		}
		int count = 2 + this.world.random().nextInt(3);
		for (int i = 0; i < count; i++) {
			start();
		}
	}

	/**
	 * Run a seed.
	 * @return its end: the violations, and the story to read
	 */
	static Result run(long seed, Mutant mutant) {
		Simulation simulation = new Simulation(seed, mutant);
		simulation.play();
		return new Result(seed, List.copyOf(simulation.world.violations()), simulation.world.story(),
				simulation.servers.values().stream().filter(TokenServer::isRevoked).count());
	}

	private void store(GrantKey key) {
		Grant grant = Grant.with(Secret.of(Grants.access(1)))
			.refreshToken(Secret.of(Grants.refresh(1)))
			.issuedAt(Instant.EPOCH)
			.expiresAt(Instant.EPOCH.plusSeconds(60))
			.issuer(TokenServer.ISSUER)
			.tokenEndpoint(URI.create(TokenServer.ISSUER + "/token"))
			.clientId("agent")
			.resource(Node.url(key).toString())
			.generation(1)
			.build();
		Database.Row row = this.database.row(key);
		row.content = new String(GrantDocument.render(grant), StandardCharsets.UTF_8);
		row.fence = Fence.of(grant);
		row.revision = Revision.random();
	}

	private Node start() {
		Node node = new Node(this.world, "node " + ++this.started, this.database, this.servers);
		this.nodes.add(node);
		return node;
	}

	private void play() {
		this.world.faults(Faults.of(this.world));
		this.world
			.tell("%d nodes, %d grants, %s".formatted(this.nodes.size(), this.servers.size(), this.world.faults()));
		long end = BUSY.toNanos();
		while (this.world.now() < end && this.world.violations().isEmpty()) {
			this.world.run(this.world.between(20, 8_000));
			act();
		}
		this.world.tell("the faults end");
		this.world.faults(Faults.NONE);
		this.nodes.forEach(Node::setClockRight);
		this.world.run(QUIET);
		this.servers.forEach(this::settled);
	}

	private void act() {
		Faults faults = this.world.faults();
		Node node = this.nodes.get(this.world.random().nextInt(this.nodes.size()));
		GrantKey key = List.copyOf(this.servers.keySet()).get(this.world.random().nextInt(this.servers.size()));
		if (this.world.happens(faults.kill())) {
			node.kill();
			this.nodes.remove(node);
			start();
		}
		else if (this.world.happens(faults.close())) {
			this.nodes.remove(node);
			start();
			node.request(key);
			node.close();
		}
		else if (this.world.happens(faults.pause())) {
			node.pause(this.world.between(1_000, 60_000));
		}
		else if (this.world.happens(faults.clock())) {
			node.jump(this.world.between(-7_200_000, 7_200_000));
		}
		else if (this.world.happens(0.1)) {
			this.world.tell("the access token of %s is taken back".formatted(key));
			server(key).forget();
		}
		int calls = 1 + this.world.random().nextInt(3);
		for (int i = 0; i < calls; i++) {
			if (node.pausedUntil() <= this.world.now() && this.nodes.contains(node)) {
				node.request(key);
			}
		}
		if (this.world.happens(faults.logout())) {
			this.world.schedule(this.world.between(0, 800), null, () -> {
				this.world.tell("the user logs out of %s".formatted(key));
				this.database.remove(key);
				server(key).remove();
			});
		}
	}

	private TokenServer server(GrantKey key) {
		return Objects.requireNonNull(this.servers.get(key));
	}

	/**
	 * Every node uses the newest grant, or says that a login is required if the family
	 * was revoked.
	 */
	private void settled(GrantKey key, TokenServer server) {
		for (Node node : this.nodes) {
			settled(key, server, node.request(key));
		}
		if (!server.isRevoked() && !server.isRemoved()) {
			server.forget();
			this.nodes.forEach((node) -> newest(key, node));
		}
	}

	private void settled(GrantKey key, TokenServer server, Node.Call call) {
		this.world.run(Duration.ofSeconds(30));
		Set<String> expected = server.isRemoved() ? Set.of("login required", "no token")
				: Set.of(server.isRevoked() ? "login required" : "answered");
		if (call.result() == null || !expected.contains(call.result())) {
			this.world.violated("%s is not settled for %s: %s instead of %s".formatted(call.node(), key, call.result(),
					String.join(" or ", expected)));
		}
	}

	/**
	 * The first node renews a token that was taken back, and the others know it some
	 * seconds later.
	 */
	private void newest(GrantKey key, Node node) {
		Node.Call call = node.request(key);
		this.world.run(Duration.ofSeconds(5));
		boolean first = node == this.nodes.get(0);
		if (!"answered".equals(call.result()) || (!first && call.rejections() > 0)) {
			this.world.violated("%s does not use the newest grant for %s".formatted(node, key));
		}
	}

	/**
	 * The end of a run.
	 *
	 * @param seed the seed
	 * @param violations the broken rules
	 * @param story each step
	 * @param lost the number of logins that were lost, each to an answer that met a fault
	 */
	record Result(long seed, List<String> violations, String story, long lost) {

		@Override
		public String toString() {
			return "seed %d%n%s".formatted(this.seed, this.story);
		}

	}

}
