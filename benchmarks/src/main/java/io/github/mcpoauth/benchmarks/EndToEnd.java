// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

import io.github.mcpoauth.benchmarks.Starter.Tokens;

import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * A busy client and a server in another process. In each round every client has its turn,
 * in another order, and is compared with the bare WebClient of the same round.
 */
final class EndToEnd implements Part {

	static final String NAME = "end-to-end";

	private static final String SERVER = "busy";

	private static final int CONNECTIONS = 64;

	/**
	 * Many and short, so that a slow machine slows all turns of a round.
	 */
	private static final int ROUNDS = 101;

	private static final double WARM_UP_SECONDS = 3;

	private static final double SECONDS = 0.25;

	private static final String BARE = "bare WebClient";

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "client", "requests per second", "p99, ms", "throughput / bare",
				"p99 / bare", "");
		try (Load load = Load.start()) {
			URI url = load.url(SERVER);
			Tokens tokens = load.login(SERVER);
			try (Starter starter = Starter.withFiles(Map.of(SERVER, url), Map.of());
					Starter always = Starter.withFiles(Map.of(SERVER, url),
							Map.of("mcp.oauth.timeout.freshness-check", "0"))) {
				starter.login(SERVER, tokens, Starter.FOREVER);
				always.login(SERVER, tokens, Starter.FOREVER);
				Map<String, Consumer<WebClient.Builder>> clients = new LinkedHashMap<>();
				clients.put(BARE, (builder) -> builder.defaultHeader("Authorization", "Bearer " + tokens.access()));
				clients.put("constant header", with(Peers.constantHeader(tokens.access())));
				clients.put("starter", with(starter.filter()));
				clients.put("starter, looking each time", with(always.filter()));
				clients.put("Spring Security", with(Peers.springSecurity(tokens)));
				clients.put("Spring Security, servlet", with(Peers.springSecurityServlet(tokens)));
				compare(results, url, clients);
			}
		}
		return results;
	}

	private static Consumer<WebClient.Builder> with(ExchangeFilterFunction filter) {
		return (builder) -> builder.filter(filter);
	}

	private static void compare(Results results, URI url, Map<String, Consumer<WebClient.Builder>> clients) {
		Map<String, Stream> streams = new LinkedHashMap<>();
		clients.forEach((name, client) -> {
			ClientHttpConnector connections = Stream.connections(CONNECTIONS);
			streams.put(name, new Stream(connections, client, url));
		});
		streams.values().forEach((stream) -> stream.run(CONNECTIONS, WARM_UP_SECONDS));
		Map<String, List<Double>> rates = new LinkedHashMap<>();
		Map<String, List<Double>> tails = new LinkedHashMap<>();
		List<Map.Entry<String, Stream>> turns = new ArrayList<>(streams.entrySet());
		Random random = new Random(20300104);
		for (int round = 0; round < ROUNDS; round++) {
			// Each turn inherits the garbage and caches of the one before it
			Collections.shuffle(turns, random);
			for (Map.Entry<String, Stream> turn : turns) {
				Stream.Outcome outcome = turn.getValue().run(CONNECTIONS, SECONDS);
				rates.computeIfAbsent(turn.getKey(), (unused) -> new ArrayList<>()).add(outcome.rate());
				tails.computeIfAbsent(turn.getKey(), (unused) -> new ArrayList<>())
					.add(outcome.millis().quantile(0.99));
			}
		}
		Samples bareRate = Samples.of(rates.getOrDefault(BARE, List.of()));
		Samples bareTail = Samples.of(tails.getOrDefault(BARE, List.of()));
		streams.keySet().forEach((name) -> {
			Samples rate = results.keep(name + ", requests per second",
					Samples.of(rates.getOrDefault(name, List.of())));
			Samples tail = results.keep(name + ", p99 in ms", Samples.of(tails.getOrDefault(name, List.of())));
			Samples rateRatio = rate.over(bareRate);
			Samples tailRatio = tail.over(bareTail);
			boolean goal = "starter".equals(name);
			results.row(name, rate.text(0), tail.text(2), rateRatio.text(3), tailRatio.text(3),
					goal ? Results.met(rateRatio.median() >= 0.97 && tailRatio.median() <= 1.05) : "");
		});
	}

}
