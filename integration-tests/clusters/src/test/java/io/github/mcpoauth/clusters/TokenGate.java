// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.github.mcpoauth.fixtures.Gate;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Stands between the agents and the authorization server, passes everything on as it is,
 * and can keep one answer to a token request for a while: it was given, and is in flight.
 */
final class TokenGate implements AutoCloseable {

	private static final long PATIENCE_SECONDS = 60;

	private final AtomicReference<@Nullable Held> next = new AtomicReference<>();

	private final Gate gate;

	private TokenGate(URI server) {
		this.gate = Gate.before(server, Exchange::new);
	}

	static TokenGate before(URI server) {
		return new TokenGate(server);
	}

	int port() {
		return this.gate.port();
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

	@Override
	public void close() {
		this.gate.close();
	}

	/**
	 * What passes on one connection.
	 */
	private final class Exchange implements Gate.Passage {

		private final AtomicReference<@Nullable Held> held = new AtomicReference<>();

		@Override
		public void request(Socket client, Socket server) throws IOException {
			pass(client, server, (chunk) -> {
				if (chunk.startsWith("POST /oauth2/token ")) {
					this.held.set(TokenGate.this.next.getAndSet(null));
				}
			});
		}

		@Override
		public void answer(Socket server, Socket client) throws IOException {
			pass(server, client, (chunk) -> {
				Held answer = this.held.getAndSet(null);
				if (answer != null) {
					answer.keep();
				}
			});
		}

		private static void pass(Socket from, Socket to, Consumer<String> start) throws IOException {
			InputStream input = from.getInputStream();
			OutputStream output = to.getOutputStream();
			byte[] buffer = new byte[16384];
			for (int length = input.read(buffer); length >= 0; length = input.read(buffer)) {
				start.accept(new String(buffer, 0, Math.min(length, 40), StandardCharsets.ISO_8859_1));
				output.write(buffer, 0, length);
			}
		}

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
