// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.quickstart;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * HTTP with JSON answers.
 */
final class Requests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final HttpClient client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();

	JsonNode get(URI url) {
		return json(HttpRequest.newBuilder(url).build()).join();
	}

	CompletableFuture<JsonNode> post(URI url, String body) {
		return json(HttpRequest.newBuilder(url)
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(body))
			.build());
	}

	/**
	 * Do as a browser does: follow where a server sends us.
	 * @param url where to start
	 */
	void browse(URI url) {
		send(HttpRequest.newBuilder(url).build()).join();
	}

	private CompletableFuture<JsonNode> json(HttpRequest request) {
		return send(request).thenApply((answer) -> JsonMapper.shared().readTree(answer.body()));
	}

	private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
		return this.client.sendAsync(request, BodyHandlers.ofString())
			.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
			.thenApply((answer) -> {
				if (answer.statusCode() != 200) {
					throw new UnexpectedException("%s %s answered %d: %s".formatted(request.method(), request.uri(),
							answer.statusCode(), answer.body()));
				}
				return answer;
			});
	}

}
