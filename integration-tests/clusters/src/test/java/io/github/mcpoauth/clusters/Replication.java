// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.mcpoauth.fixtures.Gate;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a replica to its primary, which can stop to deliver.
 */
final class Replication implements AutoCloseable {

	private static final long PATIENCE_SECONDS = 120;

	private final Gate gate;

	private final CountDownLatch closed = new CountDownLatch(1);

	private volatile boolean stopped;

	private Replication(int port) {
		this.gate = Gate.before(URI.create("tcp://127.0.0.1:" + port), Passage::new);
	}

	static Replication of(int primary) {
		return new Replication(primary);
	}

	int port() {
		return this.gate.port();
	}

	/**
	 * Deliver nothing more.
	 */
	void stop() {
		this.stopped = true;
	}

	static void end(@Nullable Replication replication) {
		if (replication != null) {
			replication.close();
		}
	}

	@Override
	public void close() {
		this.closed.countDown();
		this.gate.close();
	}

	/**
	 * End a server and all that it started at once, with SIGKILL.
	 * @param pid its process id
	 */
	static void kill(long pid) {
		ProcessHandle server = ProcessHandle.of(pid).orElseThrow();
		List<ProcessHandle> all = Stream.concat(Stream.of(server), server.descendants()).toList();
		all.forEach(ProcessHandle::destroyForcibly);
		CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
			.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
			.join();
	}

	/**
	 * The bytes that pass on one connection.
	 */
	private final class Passage implements Gate.Passage {

		@Override
		public void request(Socket client, Socket server) throws IOException {
			pass(client, server);
		}

		@Override
		public void answer(Socket server, Socket client) throws IOException {
			pass(server, client);
		}

		private void pass(Socket from, Socket to) throws IOException {
			InputStream input = from.getInputStream();
			OutputStream output = to.getOutputStream();
			byte[] buffer = new byte[16384];
			for (int length = input.read(buffer); length >= 0; length = input.read(buffer)) {
				if (Replication.this.stopped) {
					awaitEnd();
					return;
				}
				output.write(buffer, 0, length);
			}
		}

		private void awaitEnd() throws IOException {
			try {
				Replication.this.closed.await();
			}
			catch (InterruptedException ex) {
				throw new IOException(ex);
			}
		}

	}

}
