package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Stands between the agents and the authorization server, passes everything on as it is,
 * and can keep one answer to a token request for a while: it was given, and is in flight.
 */
final class TokenGate implements AutoCloseable {

	private static final long PATIENCE_SECONDS = 60;

	private final ServerSocket socket;

	private final InetSocketAddress target;

	private final AtomicReference<@Nullable Held> next = new AtomicReference<>();

	private TokenGate(ServerSocket socket, InetSocketAddress target) {
		this.socket = socket;
		this.target = target;
		start(this::accept);
	}

	static TokenGate before(URI server) {
		try {
			return new TokenGate(new ServerSocket(0, 200, InetAddress.getLoopbackAddress()),
					new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	int port() {
		return this.socket.getLocalPort();
	}

	/**
	 * Keep the answer to the next token request.
	 * @return the answer to come
	 */
	Held hold() {
		Held held = new Held();
		this.next.set(held);
		return held;
	}

	private void accept() {
		try {
			while (true) {
				Socket client = this.socket.accept();
				Socket server = new Socket();
				server.connect(this.target);
				AtomicReference<@Nullable Held> held = new AtomicReference<>();
				start(() -> pass(client, server, (chunk) -> {
					if (chunk.startsWith("POST /oauth2/token ")) {
						held.set(this.next.getAndSet(null));
					}
				}));
				start(() -> pass(server, client, (chunk) -> {
					Held answer = held.getAndSet(null);
					if (answer != null) {
						answer.keep();
					}
				}));
			}
		}
		catch (IOException ex) {
			// Closed
		}
	}

	private static void pass(Socket from, Socket to, Chunk chunk) {
		try (from; to) {
			InputStream input = from.getInputStream();
			OutputStream output = to.getOutputStream();
			byte[] buffer = new byte[16384];
			for (int length = input.read(buffer); length >= 0; length = input.read(buffer)) {
				chunk.passes(new String(buffer, 0, Math.min(length, 40), StandardCharsets.ISO_8859_1));
				output.write(buffer, 0, length);
			}
		}
		catch (IOException ex) {
			// One of the two is gone, so the other one goes too
		}
	}

	private static void start(Runnable work) {
		Thread thread = new Thread(work, "token gate");
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private interface Chunk {

		void passes(String start);

	}

	/**
	 * An answer that is in flight until it is released.
	 */
	static final class Held {

		private final CountDownLatch given = new CountDownLatch(1);

		private final CountDownLatch released = new CountDownLatch(1);

		private void keep() {
			this.given.countDown();
			await(this.released);
		}

		void awaitAnswer() {
			assertThat(await(this.given)).as("a token request was answered").isTrue();
		}

		void release() {
			this.released.countDown();
		}

		private static boolean await(CountDownLatch latch) {
			try {
				return latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return false;
			}
		}

	}

}
