package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import redis.embedded.RedisServer;

/**
 * Nodes that share a Redis that writes down everything at once.
 */
class RedisClusterTests extends ServerClusterTestBase {

	@TempDir
	private static Path directory;

	private @Nullable RedisServer redis;

	private int port;

	@Override
	List<String> startStore() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.port = socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		startServerAgain();
		return List.of("--mcp.oauth.store.type=redis", "--mcp.oauth.store.lease=" + LEASE.toSeconds(),
				"--spring.data.redis.host=127.0.0.1", "--spring.data.redis.port=" + this.port,
				FileClusterTests.NO_DATABASE);
	}

	@Override
	void startServerAgain() {
		try {
			RedisServer server = RedisServer.newRedisServer()
				.port(this.port)
				.bind("127.0.0.1")
				.setting("dir " + directory)
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
	void stopServer() {
		try {
			Objects.requireNonNull(this.redis).stop();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	void stopStore() {
		stopServer();
	}

	@Override
	String store() {
		return "Redis";
	}

}
