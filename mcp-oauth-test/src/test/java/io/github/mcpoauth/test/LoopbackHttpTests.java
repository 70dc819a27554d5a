// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.test.LoopbackHttp.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LoopbackHttp}.
 */
class LoopbackHttpTests {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final HttpClient client = HttpClient.newHttpClient();

	private final LoopbackHttp http = new LoopbackHttp("loopback");

	@AfterEach
	void close() {
		this.http.close();
	}

	@Test
	void handleWhenPathIsBelowAnswersAndElseIsNotFound() throws Exception {
		this.http.handle("/mcp", (request) -> Reply.json(200, request.query()));
		assertThat(get("/mcp").statusCode()).isEqualTo(200);
		assertThat(get("/mcp/below?a=b%20c+d").body()).isEqualTo("{\"a\":\"b c d\"}");
		assertThat(get("/mcpx").statusCode()).isEqualTo(404);
		assertThat(get("/").statusCode()).isEqualTo(404);
	}

	@Test
	void handleWhenBodyIsSentInChunksReadsIt() throws Exception {
		this.http.handle("/token", (request) -> Reply.json(201, request.form()));
		HttpRequest request = HttpRequest.newBuilder(this.http.url("/token"))
			.timeout(PATIENCE)
			.POST(BodyPublishers.concat(BodyPublishers.ofString("grant_type=%C3%A4&"),
					BodyPublishers.fromPublisher(BodyPublishers.ofString("scope=a+b"))))
			.build();
		HttpResponse<String> answer = this.client.send(request, BodyHandlers.ofString());
		assertThat(answer.statusCode()).isEqualTo(201);
		assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(answer.body()).isEqualTo("{\"grant_type\":\"ä\",\"scope\":\"a b\"}");
	}

	@Test
	void handleWhenHandlerFailsAnswers500() throws Exception {
		this.http.handle("/mcp", (request) -> {
			throw new AssertionError("not expected");
		});
		HttpResponse<String> answer = get("/mcp");
		assertThat(answer.statusCode()).isEqualTo(500);
		assertThat(answer.body()).contains("not expected");
	}

	@Test
	void handleWhenAnotherHandlerBlocksAnswers() throws Exception {
		CountDownLatch arrived = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		this.http.handle("/slow", (request) -> {
			arrived.countDown();
			return Reply.of(await(released) ? 200 : 500);
		});
		this.http.handle("/quick", (request) -> Reply.of(204));
		CompletableFuture<HttpResponse<Void>> slow = this.client
			.sendAsync(HttpRequest.newBuilder(this.http.url("/slow")).build(), BodyHandlers.discarding());
		assertThat(await(arrived)).isTrue();
		assertThat(get("/quick").statusCode()).isEqualTo(204);
		released.countDown();
		assertThat(slow.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
	}

	@Test
	void closeWhenAConnectionIsOpenEndsThePortAndTheThread() throws Exception {
		this.http.handle("/mcp", (request) -> Reply.json(200, Map.of()));
		get("/mcp");
		List<Thread> threads = Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("mcp-test-server-loopback"))
			.toList();
		assertThat(threads).singleElement().satisfies((thread) -> assertThat(thread.isDaemon()).isTrue());
		this.http.close();
		threads.get(0).join(PATIENCE.toMillis());
		assertThat(threads.get(0).isAlive()).isFalse();
		assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> get("/mcp"));
	}

	private HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return this.client.send(HttpRequest.newBuilder(this.http.url(path)).timeout(PATIENCE).build(),
				BodyHandlers.ofString());
	}

	private static boolean await(CountDownLatch latch) {
		try {
			return latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

}
