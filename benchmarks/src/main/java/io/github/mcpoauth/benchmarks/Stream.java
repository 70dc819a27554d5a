// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Callers that make their next request as soon as they have the answer to the last one.
 */
final class Stream {

	private final WebClient client;

	private final URI url;

	Stream(ClientHttpConnector connections, Consumer<WebClient.Builder> customizer, URI url) {
		this.client = WebClient.builder().clientConnector(connections).apply(customizer).build();
		this.url = url;
	}

	static ClientHttpConnector connections(int count) {
		return new ReactorClientHttpConnector(
				HttpClient.create(ConnectionProvider.builder("benchmark").maxConnections(count).build()));
	}

	/**
	 * Make requests for a while.
	 * @param callers how many callers there are
	 * @param seconds how long
	 * @return the outcome
	 */
	Outcome run(int callers, double seconds) {
		long began = System.nanoTime();
		long end = began + (long) (seconds * 1e9);
		List<Double> millis = Collections.synchronizedList(new ArrayList<>());
		Flux.range(0, callers)
			.flatMap((caller) -> call(millis).repeat(() -> System.nanoTime() < end), callers)
			.blockLast(Patience.LONG);
		return new Outcome(millis.size() / ((System.nanoTime() - began) / 1e9), Samples.of(millis));
	}

	private Mono<String> call(List<Double> millis) {
		return Mono.defer(() -> {
			long began = System.nanoTime();
			return this.client.post()
				.uri(this.url)
				.contentType(MediaType.APPLICATION_JSON)
				.bodyValue(Burst.BODY)
				.retrieve()
				.bodyToMono(String.class)
				.doOnNext((answer) -> millis.add((System.nanoTime() - began) / 1e6));
		});
	}

	/**
	 * The outcome.
	 *
	 * @param rate requests per second
	 * @param millis how long each took
	 */
	record Outcome(double rate, Samples millis) {

	}

}
