// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import com.sun.net.httpserver.HttpServer;
import io.github.mcpoauth.internal.login.LoopbackListener.Reception;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link LoopbackListener}.
 */
class LoopbackListenerTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final HttpClient browser = HttpClient.newHttpClient();

	private final List<String> queries = new CopyOnWriteArrayList<>();

	private final CountDownLatch answered = new CountDownLatch(1);

	private final LoopbackListener listener = bind("127.0.0.1", 0);

	@AfterEach
	void close() {
		this.listener.close(CallbackPage.late());
	}

	@Test
	void bindWhenThePortIsTakenFails() {
		assertThatExceptionOfType(BindException.class)
			.isThrownBy(() -> LoopbackListener.bind("127.0.0.1", this.listener.port()));
	}

	@Test
	void bindWhenLocalhostListensOnAllItsAddresses() throws Exception {
		LoopbackListener localhost = bind("localhost", 0);
		expectFirst(localhost, "/callback");
		try {
			for (InetAddress address : InetAddress.getAllByName("localhost")) {
				String answer = exchange(address, localhost.port(),
						"GET /other HTTP/1.1\r\nHost: localhost:" + localhost.port() + "\r\nConnection: close\r\n\r\n");
				assertThat(answer).startsWith("HTTP/1.1 404");
			}
		}
		finally {
			localhost.close(CallbackPage.late());
		}
	}

	@Test
	void bindWhenOneAddressOfLocalhostIsTakenLeavesTheOtherFree() throws Exception {
		InetAddress[] addresses = InetAddress.getAllByName("localhost");
		InetAddress last = addresses[addresses.length - 1];
		try (ServerSocket taken = new ServerSocket(0, 1, last)) {
			int port = taken.getLocalPort();
			assertThatExceptionOfType(BindException.class).isThrownBy(() -> LoopbackListener.bind("localhost", port));
			for (InetAddress address : addresses) {
				if (!address.equals(last)) {
					new ServerSocket(port, 1, address).close();
				}
			}
		}
	}

	@Test
	void bindWhenTheHostIsNotKnownFails() {
		assertThatIOException().isThrownBy(() -> LoopbackListener.bind("no-such-host.invalid", 0));
	}

	@Test
	void closeWhenNothingWasExpectedFreesThePort() throws Exception {
		this.listener.close(CallbackPage.late());
		bind("127.0.0.1", this.listener.port()).close(CallbackPage.late());
	}

	@Test
	void serveWhenNothingIsExpectedYetIsNotFound() throws Exception {
		assertThat(get("/callback?code=c&state=s").get().statusCode()).isEqualTo(404);
	}

	@Test
	@DisplayName("F32 The JDK's HTTP server logs what others are asked, and not the address a browser comes back with")
	void serveWhenTheJdkLogsEverythingLeavesTheCodeOut() throws Exception {
		Logger logger = Logger.getLogger("com.sun.net.httpserver");
		Level level = logger.getLevel();
		LogLines lines = new LogLines();
		HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		other.createContext("/", (exchange) -> {
			exchange.sendResponseHeaders(204, -1);
			exchange.close();
		});
		other.start();
		logger.setLevel(Level.ALL);
		logger.addHandler(lines);
		try {
			expectFirst(this.listener, "/callback");
			get("/callback?state=bad&code=hush-foreign").get();
			CompletableFuture<HttpResponse<String>> first = get("/callback?state=good&code=hush-first");
			assertThat(this.answered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			get("/callback?state=good&code=hush-second").get();
			this.listener.close(CallbackPage.success("test"));
			first.get();
			this.browser.send(HttpRequest
				.newBuilder(URI.create("http://127.0.0.1:%d/?code=of-others".formatted(other.getAddress().getPort())))
				.timeout(PATIENCE)
				.build(), BodyHandlers.discarding());
		}
		finally {
			logger.removeHandler(lines);
			logger.setLevel(level);
			other.stop(0);
		}
		assertThat(lines.all).anyMatch((line) -> line.contains("code=of-others"))
			.noneMatch((line) -> line.contains("hush"));
	}

	@Test
	@DisplayName("F34 the first valid callback is the answer, a second gets 409, everything else 404")
	void serveWhenAnsweredTakesTheFirst() throws Exception {
		expectFirst(this.listener, "/callback");
		assertThat(get("/favicon.ico").get().statusCode()).isEqualTo(404);
		assertThat(get("/").get().statusCode()).isEqualTo(404);
		assertThat(get("/callback").get().statusCode()).isEqualTo(404);
		assertThat(get("/callback/?state=good").get().statusCode()).isEqualTo(404);
		assertThat(get("/callback?state=bad").get().statusCode()).isEqualTo(404);
		assertThat(post("/callback?state=good").statusCode()).isEqualTo(404);
		assertThat(this.answered.getCount()).isEqualTo(1);
		CompletableFuture<HttpResponse<String>> first = get("/callback?state=good&code=top-secret");
		assertThat(this.answered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		assertThat(get("/callback?state=good&code=other").get().statusCode()).isEqualTo(409);
		assertThat(get("/favicon.ico").get().statusCode()).isEqualTo(404);
		this.listener.close(CallbackPage.success("test"));
		assertThat(first.get().statusCode()).isEqualTo(200);
		assertThat(first.get().body()).contains("Logged in").doesNotContain("top-secret");
		assertThat(first.get().headers().map()).containsEntry("cache-control", List.of("no-store"))
			.containsEntry("referrer-policy", List.of("no-referrer"))
			.containsKey("content-security-policy");
		assertThat(this.queries).containsExactly("state=bad", "state=good&code=top-secret", "state=good&code=other");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Host: evil.example", "Host: evil.example:%d", "Host: 127.0.0.1", "X: y",
			"Host: 127.0.0.1:%d\r\nHost: evil.example", "Host: 127.0.0.1:%d.evil.example" })
	@DisplayName("A page of another site whose name leads here is not the answer")
	void serveWhenTheHostIsAnotherIsNotFound(String headers) throws Exception {
		expectFirst(this.listener, "/callback");
		String request = "GET /callback?state=good HTTP/1.1\r\n" + headers.formatted(this.listener.port())
				+ "\r\nConnection: close\r\n\r\n";
		assertThat(exchange(InetAddress.getLoopbackAddress(), this.listener.port(), request))
			.matches((answer) -> answer.startsWith("HTTP/1.1 404") || answer.startsWith("HTTP/1.1 400"));
		assertThat(this.queries).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET * HTTP/1.1", "GET http://[ HTTP/1.1", "GET //callback?state=good HTTP/1.1",
			"OPTIONS /callback?state=good HTTP/1.1", "HEAD /callback?state=good HTTP/1.1", "nonsense" })
	void serveWhenTheRequestIsStrangeIsUndisturbed(String line) throws Exception {
		expectFirst(this.listener, "/callback");
		exchange(InetAddress.getLoopbackAddress(), this.listener.port(),
				line + "\r\nHost: 127.0.0.1:" + this.listener.port() + "\r\nConnection: close\r\n\r\n");
		assertThat(this.queries).isEmpty();
		assertThat(get("/callback?state=bad").get().statusCode()).isEqualTo(404);
		assertThat(this.queries).containsExactly("state=bad");
	}

	@Test
	void serveWhenBehindAProxyTakesItsHostAndPath() throws Exception {
		this.listener.expect(URI.create("https://agent.example/oauth/done"), this::receive);
		String answer = exchange(InetAddress.getLoopbackAddress(), this.listener.port(),
				"GET /oauth/done?state=bad HTTP/1.1\r\nHost: Agent.Example\r\nConnection: close\r\n\r\n");
		assertThat(answer).startsWith("HTTP/1.1 404");
		assertThat(get("/callback?state=bad").get().statusCode()).isEqualTo(404);
		assertThat(this.queries).hasSize(2);
	}

	@Test
	void closeWhenTheBrowserKeepsItsConnectionsFreesThePort() throws Exception {
		expectFirst(this.listener, "/callback");
		try (Socket idle = new Socket(InetAddress.getLoopbackAddress(), this.listener.port());
				Socket slow = new Socket(InetAddress.getLoopbackAddress(), this.listener.port())) {
			slow.getOutputStream().write("GET /callback?sta".getBytes(StandardCharsets.US_ASCII));
			assertThat(get("/favicon.ico").get().statusCode()).isEqualTo(404);
			this.listener.close(CallbackPage.late());
			bind("127.0.0.1", this.listener.port()).close(CallbackPage.late());
			assertThat(idle.getInputStream().read()).isEqualTo(-1);
		}
		assertThat(get("/callback?state=good")).failsWithin(PATIENCE);
	}

	private static LoopbackListener bind(String host, int port) {
		try {
			return LoopbackListener.bind(host, port);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void expectFirst(LoopbackListener expecting, String path) {
		expecting.expect(URI.create("http://127.0.0.1:" + expecting.port() + path), this::receive);
	}

	private Reception receive(String query, Runnable keep) {
		this.queries.add(query);
		if (!query.contains("state=good")) {
			return Reception.FOREIGN;
		}
		if (this.answered.getCount() == 0) {
			return Reception.LATE;
		}
		keep.run();
		this.answered.countDown();
		return Reception.ANSWER;
	}

	private CompletableFuture<HttpResponse<String>> get(String path) {
		return this.browser.sendAsync(HttpRequest.newBuilder(url(path)).timeout(PATIENCE).build(),
				BodyHandlers.ofString());
	}

	private HttpResponse<String> post(String path) throws IOException, InterruptedException {
		return this.browser.send(HttpRequest.newBuilder(url(path))
			.POST(HttpRequest.BodyPublishers.ofString("state=good"))
			.timeout(PATIENCE)
			.build(), BodyHandlers.ofString());
	}

	private URI url(String path) {
		return URI.create("http://127.0.0.1:" + this.listener.port() + path);
	}

	private static String exchange(InetAddress address, int port, String request) throws IOException {
		try (Socket socket = new Socket(address, port)) {
			socket.setSoTimeout((int) PATIENCE.toMillis());
			socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
		}
	}

	/**
	 * What would be logged.
	 */
	private static final class LogLines extends Handler {

		private final List<String> all = new CopyOnWriteArrayList<>();

		@Override
		public void publish(LogRecord record) {
			this.all.add(record.getMessage() + Arrays.toString(record.getParameters()));
		}

		@Override
		public void flush() {
		}

		@Override
		public void close() {
		}

	}

}
