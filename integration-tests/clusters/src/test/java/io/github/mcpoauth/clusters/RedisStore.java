// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.fixtures.FreePorts;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisServer;

/**
 * Redis, which writes everything to disk.
 */
final class RedisStore implements ClusterStore.WithServer {

	private final Path directory;

	private @Nullable RedisServer redis;

	private int port;

	RedisStore(Path directory) {
		this.directory = directory;
	}

	@Override
	public List<String> start() {
		this.port = FreePorts.next();
		startAgain();
		return List.of("--mcp.oauth.store.type=redis", LEASE, "--spring.data.redis.host=127.0.0.1",
				"--spring.data.redis.port=" + this.port, FileStore.NO_DATABASE);
	}

	@Override
	public void startAgain() {
		try {
			RedisServer server = RedisServer.newRedisServer()
				.port(this.port)
				.bind("127.0.0.1")
				.setting("dir " + this.directory)
				.setting("appendonly yes")
				.setting("appendfsync always")
				.setting("save \"\"")
				.build();
			server.start();
			this.redis = server;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void stop() {
		try {
			Objects.requireNonNull(this.redis).stop();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public String title() {
		return "Redis";
	}

}
