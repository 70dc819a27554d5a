// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.mcpoauth.fixtures.FreePorts;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisSentinel;
import redis.embedded.RedisServer;

/**
 * Redis with a replica and a Sentinel, which promotes it.
 */
final class ReplicatedRedis implements ReplicatedStore {

	private static final Duration PATIENCE = Duration.ofMinutes(5);

	private static final String NAME = "agents";

	private static final Pattern PROCESS = Pattern.compile("process_id:(\\d+)");

	private final List<Integer> ports = List.of(FreePorts.next(), FreePorts.next());

	private final int sentinelPort = FreePorts.next();

	private final Path directory;

	private final boolean withReplica;

	private int primary;

	private @Nullable RedisServer first;

	private @Nullable RedisServer second;

	private @Nullable RedisSentinel sentinel;

	private @Nullable Replication replication;

	/**
	 * Create a primary and its replica.
	 * @param directory for their files
	 * @param withReplica whether the primary takes writes only while it hears from its
	 * replica every three seconds
	 */
	ReplicatedRedis(Path directory, boolean withReplica) {
		this.directory = directory;
		this.withReplica = withReplica;
	}

	@Override
	public List<String> start() {
		this.first = launch(this.primary, null);
		RedisSentinel sentinel = RedisSentinel.newRedisSentinel()
			.bind("127.0.0.1")
			.port(this.sentinelPort)
			.masterName(NAME)
			.masterPort(this.ports.get(this.primary))
			.quorumSize(1)
			.downAfterMilliseconds(1000)
			.build();
		try {
			sentinel.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.sentinel = sentinel;
		replicate();
		return List.of("--mcp.oauth.store.type=redis", ClusterStore.WithServer.LEASE,
				"--spring.data.redis.sentinel.master=" + NAME,
				"--spring.data.redis.sentinel.nodes=127.0.0.1:" + this.sentinelPort, FileStore.NO_DATABASE);
	}

	@Override
	public void replicate() {
		Replication.end(this.replication);
		Replication replication = Replication.of(this.ports.get(this.primary));
		this.replication = replication;
		int replica = 1 - this.primary;
		this.second = launch(replica, replication);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> ask(replica, (redis) -> redis.info("replication")).contains("master_link_status:up"));
		String known = ":" + this.ports.get(replica);
		Awaitility.await().atMost(PATIENCE).until(() -> replicas().contains(known));
		if (this.withReplica) {
			ask(this.primary, (redis) -> redis.configSet("min-replicas-max-lag", "3"));
			ask(this.primary, (redis) -> redis.configSet("min-replicas-to-write", "1"));
		}
	}

	/**
	 * The addresses of the replicas that the Sentinel knows.
	 */
	private String replicas() {
		RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", this.sentinelPort));
		try (var connection = client.connectSentinel()) {
			return connection.sync()
				.replicas(NAME)
				.stream()
				.filter((replica) -> "ok".equals(replica.get("master-link-status")))
				.map((replica) -> String.valueOf(replica.get("name")))
				.toList()
				.toString();
		}
		finally {
			client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
		}
	}

	@Override
	public void lag() {
		Objects.requireNonNull(this.replication).stop();
		if (this.withReplica) {
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> ask(this.primary, (redis) -> redis.info("replication"))
					.contains("min_slaves_good_slaves:0"));
		}
	}

	@Override
	public void failOver() {
		Matcher process = PROCESS.matcher(ask(this.primary, (redis) -> redis.info("server")));
		if (!process.find()) {
			throw new IllegalStateException("Redis does not tell its process");
		}
		Replication.kill(Long.parseLong(process.group(1)));
		this.primary = 1 - this.primary;
		// The Sentinel ends the connections of a server that it promotes
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptions()
			.until(() -> ask(this.primary, (redis) -> redis.info("replication")).contains("role:master"));
		stop(this.first);
		this.first = this.second;
		this.second = null;
	}

	private <T> T ask(int index, Function<RedisCommands<String, String>, T> question) {
		RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", this.ports.get(index)));
		try (var connection = client.connect()) {
			return question.apply(connection.sync());
		}
		finally {
			client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
		}
	}

	private RedisServer launch(int index, @Nullable Replication primary) {
		try {
			Path home = Files.createDirectories(this.directory.resolve("redis" + index));
			var builder = RedisServer.newRedisServer()
				.port(this.ports.get(index))
				.bind("127.0.0.1")
				.setting("dir " + home)
				.setting("save \"\"")
				.setting("repl-diskless-sync yes")
				.setting("repl-diskless-sync-delay 0")
				.setting("repl-ping-replica-period 1");
			if (primary != null) {
				builder.slaveOf("127.0.0.1", primary.port());
			}
			RedisServer server = builder.build();
			server.start();
			return server;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void stop(redis.embedded.@Nullable Redis server) {
		try {
			if (server != null) {
				server.stop();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		Replication.end(this.replication);
		stop(this.sentinel);
		stop(this.second);
		stop(this.first);
	}

	@Override
	public boolean keepsAll() {
		return this.withReplica;
	}

	@Override
	public String title() {
		return this.withReplica ? "Redis, replica, min-replicas-to-write 1" : "Redis, replica";
	}

	@Override
	public String toString() {
		return title();
	}

}
