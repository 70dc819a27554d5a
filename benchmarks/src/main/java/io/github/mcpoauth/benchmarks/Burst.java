// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.net.URI;
import java.util.List;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Many requests at the same time, each over a connection of its own.
 */
final class Burst {

	static final String BODY = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}";

	private final WebClient client;

	private Burst(WebClient client) {
		this.client = client;
	}

	/**
	 * Connections for any number of requests at the same time.
	 * @return connections that stay open
	 */
	static ClientHttpConnector connections() {
		return new ReactorClientHttpConnector(HttpClient.create(ConnectionProvider.builder("benchmark")
			.maxConnections(Integer.MAX_VALUE)
			.pendingAcquireMaxCount(-1)
			.lifo()
			.build()));
	}

	static Burst through(ClientHttpConnector connections, ExchangeFilterFunction filter) {
		return new Burst(WebClient.builder().clientConnector(connections).filter(filter).build());
	}

	/**
	 * Send requests and wait for all answers.
	 * @param count how many
	 * @param urls where to, in turn
	 * @return the outcome
	 */
	Outcome send(int count, List<URI> urls) {
		long started = System.nanoTime();
		List<Integer> statuses = Flux.range(0, count)
			.flatMap((number) -> send(number, urls.get(number % urls.size())), count, 1)
			.collectList()
			.block(Patience.LONG);
		double millis = (System.nanoTime() - started) / 1e6;
		int answered = (statuses != null) ? (int) statuses.stream().filter((status) -> status == 200).count() : 0;
		int refused = (statuses != null) ? (int) statuses.stream().filter((status) -> status == 401).count() : 0;
		return new Outcome(millis, answered, refused);
	}

	private Mono<Integer> send(int number, URI url) {
		return this.client.post()
			.uri(url)
			.header("X-Request-Id", Integer.toString(number))
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(BODY)
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode().value()))
			.onErrorReturn(-1);
	}

	/**
	 * The outcome.
	 *
	 * @param millis how long it took from the first request to the last answer
	 * @param answered how many got the expected answer
	 * @param refused how many ended with a 401
	 */
	record Outcome(double millis, int answered, int refused) {

	}

}
