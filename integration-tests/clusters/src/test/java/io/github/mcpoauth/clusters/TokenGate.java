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
import java.util.function.Function;

import io.github.mcpoauth.fixtures.Gate;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Stands between the agents and the authorization server, passes everything on as it is,
 * and can keep one answer to a token request for a while: it was given, and is in flight.
 * It can also give another answer than the server.
 */
final class TokenGate implements AutoCloseable {

	static final String TOKEN_REQUEST = "POST /oauth2/token ";

	private static final long PATIENCE_SECONDS = 60;

	private final AtomicReference<@Nullable Held> next = new AtomicReference<>();

	private final AtomicReference<@Nullable Other> other = new AtomicReference<>();

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

	/**
	 * Give another answer to the next request that begins like that.
	 * @param request how it begins
	 * @param status the status
	 * @param header a header
	 * @param body a JSON object
	 */
	void answer(String request, String status, String header, String body) {
		this.other.set(new Other(request,
				"HTTP/1.1 %s\r\n%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
					.formatted(status, header, body.length(), body)));
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

		private final AtomicReference<@Nullable Other> instead = new AtomicReference<>();

		@Override
		public void request(Socket client, Socket server) throws IOException {
			pass(client, server, (chunk) -> {
				if (chunk.startsWith(TOKEN_REQUEST)) {
					this.held.set(TokenGate.this.next.getAndSet(null));
				}
				Other other = TokenGate.this.other.get();
				if (other != null && chunk.startsWith(other.request())
						&& TokenGate.this.other.compareAndSet(other, null)) {
					this.instead.set(other);
				}
				return null;
			});
		}

		@Override
		public void answer(Socket server, Socket client) throws IOException {
			pass(server, client, (chunk) -> {
				Held answer = this.held.getAndSet(null);
				if (answer != null) {
					answer.keep();
				}
				return this.instead.getAndSet(null);
			});
		}

		private static void pass(Socket from, Socket to, Function<String, @Nullable Other> start) throws IOException {
			InputStream input = from.getInputStream();
			OutputStream output = to.getOutputStream();
			byte[] buffer = new byte[16384];
			for (int length = input.read(buffer); length >= 0; length = input.read(buffer)) {
				Other other = start.apply(new String(buffer, 0, Math.min(length, 40), StandardCharsets.ISO_8859_1));
				if (other != null) {
					output.write(other.answer().getBytes(StandardCharsets.ISO_8859_1));
					return;
				}
				output.write(buffer, 0, length);
			}
		}

	}

	/**
	 * An answer that the server did not give.
	 *
	 * @param request how the request begins
	 * @param answer all of the answer
	 */
	private record Other(String request, String answer) {

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
