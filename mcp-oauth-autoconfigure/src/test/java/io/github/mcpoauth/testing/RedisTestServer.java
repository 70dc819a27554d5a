// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import redis.embedded.RedisServer;

import org.springframework.util.FileSystemUtils;

/**
 * A real Redis in a process of its own, on a free port, that keeps what it is told on
 * disk, and which can be stopped and started again.
 */
public final class RedisTestServer implements AutoCloseable {

	private static @Nullable RedisTestServer shared;

	private final Path directory;

	private final int port;

	private RedisServer server;

	private RedisTestServer() throws IOException {
		this.directory = Files.createTempDirectory("redis");
		this.port = FreePorts.next();
		this.server = create();
		this.server.start();
	}

	/**
	 * Start a server that nobody else uses.
	 * @return a running server
	 */
	public static RedisTestServer start() {
		try {
			return new RedisTestServer();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The server that the tests of this JVM share, each with keys of its own.
	 * @return a running server, which nobody stops
	 */
	public static synchronized RedisTestServer shared() {
		RedisTestServer server = shared;
		if (server == null) {
			server = start();
			shared = server;
			Runtime.getRuntime().addShutdownHook(new Thread(server::close));
		}
		return server;
	}

	public int port() {
		return this.port;
	}

	/**
	 * Stop the server and keep its data, as an operator would.
	 */
	public synchronized void stop() {
		try {
			this.server.stop();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Start the server again on the port it had.
	 */
	public synchronized void startAgain() {
		try {
			this.server = create();
			this.server.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		stop();
		FileSystemUtils.deleteRecursively(this.directory.toFile());
	}

	private RedisServer create() throws IOException {
		return RedisServer.newRedisServer()
			.port(this.port)
			.bind("127.0.0.1")
			.setting("dir " + this.directory)
			.setting("appendonly yes")
			.setting("appendfsync always")
			.setting("save \"\"")
			.build();
	}

}
