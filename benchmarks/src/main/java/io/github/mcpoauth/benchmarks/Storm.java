// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

import io.github.mcpoauth.benchmarks.Burst.Outcome;
import io.github.mcpoauth.benchmarks.Load.Counts;
import io.github.mcpoauth.benchmarks.Starter.Tokens;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * A token is revoked while many requests are under way. The limit is the unavoidable
 * work: all requests refused, one refresh, all requests answered, each measured alone.
 */
final class Storm implements Part {

	static final String NAME = "storm";

	private static final String SERVER = "storm";

	private static final int WARM_UPS = 2;

	private static final int ROUNDS = 7;

	private static final int PEER_ROUNDS = 7;

	/**
	 * How long the token endpoint takes.
	 */
	private static final int TOKEN_MILLIS = 100;

	private final Path project;

	Storm(Path project) {
		this.project = project;
	}

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "who", "requests", "recovered", "token requests", "most sends of one",
				"ms (range of the rounds)", "over the limit", "");
		ClientHttpConnector connections = Burst.connections();
		try (Load load = Load.start()) {
			for (int count : List.of(1, 10, 100, 1_000, 10_000)) {
				starter(results, load, connections, count);
			}
			late(results, load, connections);
			fifty(results, load, connections);
			for (int count : List.of(10, 1_000)) {
				peer(results, load, connections, count, "Spring Security " + Peers.SPRING_SECURITY,
						Peers::springSecurity);
				peer(results, load, connections, count,
						"Spring Security %s, client credentials, callers try twice".formatted(Peers.SPRING_SECURITY),
						(tokens) -> Peers.twice(Peers.springSecurityClientCredentials(tokens)));
			}
			TypeScript typeScript = TypeScript.install(this.project);
			for (int count : List.of(10, 1_000)) {
				typeScript(results, load, typeScript, count);
			}
		}
		return results;
	}

	/**
	 * The storms of the starter over the limit.
	 * @param count how many requests meet a 401 together
	 * @return the ratios of the rounds, by the storm
	 * @throws Exception if they cannot be measured
	 */
	Map<String, Samples> ratios(int count) throws Exception {
		try (Load load = Load.start()) {
			return starter(new Results(NAME), load, Burst.connections(), count);
		}
	}

	/**
	 * Each round has an application of its own, whose first storm counts as well as its
	 * second.
	 */
	private Map<String, Samples> starter(Results results, Load load, ClientHttpConnector connections, int count) {
		List<Double> limits = new ArrayList<>();
		List<List<Double>> times = List.of(new ArrayList<>(), new ArrayList<>());
		Tally tally = new Tally();
		URI url = load.url(SERVER);
		for (int round = -WARM_UPS; round < ROUNDS; round++) {
			try (Starter starter = Starter.withFiles(Map.of(SERVER, url),
					Map.of("mcp.oauth.timeout.recovery", "30s"))) {
				load.expect(SERVER, "");
				Tokens tokens = load.login(SERVER);
				starter.login(SERVER, tokens, Starter.FOREVER);
				double limit = limit(load, connections, tokens, count);
				Burst storm = Burst.through(connections, starter.filter());
				for (List<Double> of : times) {
					load.expect(SERVER, "revoke&delay=%d&held=%d".formatted(TOKEN_MILLIS, count));
					Outcome outcome = storm.send(count, List.of(url));
					if (round >= 0) {
						of.add(outcome.millis());
						tally.add(outcome, load.counts(SERVER));
					}
				}
				if (round >= 0) {
					limits.add(limit);
				}
			}
		}
		Samples limit = results.keep("limit, %d requests, ms".formatted(count), Samples.of(limits));
		results.row("limit", Integer.toString(count), "", "", "", limit.text(1), "1", "");
		List<String> titles = List.of("starter, first storm of an application", "starter, second storm");
		Map<String, Samples> ratios = new LinkedHashMap<>();
		for (int storm = 0; storm < titles.size(); storm++) {
			Samples time = results.keep("%s, %d requests, ms".formatted(titles.get(storm), count),
					Samples.of(times.get(storm)));
			Samples ratio = time.over(limit);
			ratios.put(titles.get(storm), ratio);
			results.row(titles.get(storm), Integer.toString(count), tally.recovered(), tally.tokenRequests(),
					tally.mostSends(), time.text(1), ratio.text(2),
					Results.met(ratio.median() <= 1.1 && tally.isPerfect(count, 1)));
		}
		return ratios;
	}

	/**
	 * The work of a storm without the starter: all requests are refused, a client asks
	 * for a token, all requests are answered.
	 */
	private static double limit(Load load, ClientHttpConnector connections, Tokens tokens, int count) {
		List<URI> urls = List.of(load.url(SERVER));
		load.expect(SERVER, "delay=%d&held=%d".formatted(TOKEN_MILLIS, count));
		double limit = Burst.through(connections, Peers.constantHeader("bad")).send(count, urls).millis();
		long began = System.nanoTime();
		String issued = WebClient.builder()
			.clientConnector(connections)
			.build()
			.post()
			.uri(tokens.endpoint())
			.body(BodyInserters.fromFormData("grant_type", "client_credentials"))
			.retrieve()
			.bodyToMono(String.class)
			.block(Patience.LONG);
		String token = JsonMapper.shared().readTree(Objects.requireNonNull(issued)).get("access_token").asString();
		limit += (System.nanoTime() - began) / 1e6;
		Outcome answered = Burst.through(connections, Peers.constantHeader(token)).send(count, urls);
		check(answered.answered() == count, "The token does not work");
		return limit + answered.millis();
	}

	private void late(Results results, Load load, ClientHttpConnector connections) {
		int count = 1_000;
		several(results, load, connections, count, 1, "held=%d&spread=1000".formatted(count),
				"starter, 401s arrive over a second");
	}

	private void fifty(Results results, Load load, ClientHttpConnector connections) {
		several(results, load, connections, 1_000, 50, "held=20", "starter, 50 servers at once");
	}

	private void several(Results results, Load load, ClientHttpConnector connections, int count, int servers,
			String expectation, String title) {
		Map<String, URI> urls = new LinkedHashMap<>();
		IntStream.range(0, servers).forEach((server) -> urls.put("several" + server, load.url("several" + server)));
		List<Double> times = new ArrayList<>();
		Tally tally = new Tally();
		try (Starter starter = Starter.withFiles(urls, Map.of("mcp.oauth.timeout.recovery", "30s"))) {
			urls.keySet().forEach((server) -> {
				load.expect(server, "");
				starter.login(server, load.login(server), Starter.FOREVER);
			});
			Burst storm = Burst.through(connections, starter.filter());
			storm.send(count, List.copyOf(urls.values()));
			for (int round = -1; round < PEER_ROUNDS; round++) {
				urls.keySet().forEach((server) -> load.expect(server, "revoke&" + expectation));
				Outcome outcome = storm.send(count, List.copyOf(urls.values()));
				if (round >= 0) {
					times.add(outcome.millis());
					tally.add(outcome, urls.keySet().stream().map(load::counts).reduce(Storm::sum).orElseThrow());
				}
			}
		}
		results.row(title, Integer.toString(count), tally.recovered(), tally.tokenRequests(), tally.mostSends(),
				results.keep(title + ", ms", Samples.of(times)).text(1), "",
				Results.met(tally.isPerfect(count, servers)));
	}

	private static Counts sum(Counts one, Counts other) {
		return new Counts(one.sent() + other.sent(), one.refused() + other.refused(),
				one.tokenRequests() + other.tokenRequests(), Math.max(one.mostSends(), other.mostSends()));
	}

	private void peer(Results results, Load load, ClientHttpConnector connections, int count, String title,
			Filters filters) {
		List<Double> times = new ArrayList<>();
		Tally tally = new Tally();
		for (int round = -1; round < PEER_ROUNDS; round++) {
			load.expect(SERVER, "");
			Burst storm = Burst.through(connections, filters.create(load.login(SERVER)));
			storm.send(count, List.of(load.url(SERVER)));
			load.expect(SERVER, "revoke&held=" + count);
			Outcome outcome = storm.send(count, List.of(load.url(SERVER)));
			if (round >= 0) {
				times.add(outcome.millis());
				tally.add(outcome, load.counts(SERVER));
			}
		}
		row(results, title, count, times, tally);
	}

	private void typeScript(Results results, Load load, TypeScript typeScript, int count)
			throws IOException, InterruptedException {
		List<Double> times = new ArrayList<>();
		Tally tally = new Tally();
		for (int round = 0; round < PEER_ROUNDS; round++) {
			load.expect(SERVER, "");
			Tokens tokens = load.login(SERVER);
			Outcome outcome = typeScript.storm(load.url(SERVER), tokens, count,
					() -> load.expect(SERVER, "revoke&held=" + count));
			times.add(outcome.millis());
			tally.add(outcome, load.counts(SERVER));
		}
		row(results, "TypeScript SDK " + TypeScript.VERSION, count, times, tally);
	}

	private static void row(Results results, String title, int count, List<Double> times, Tally tally) {
		results.row(title, Integer.toString(count), tally.recovered(), tally.tokenRequests(), tally.mostSends(),
				results.keep("%s, %d requests, ms".formatted(title, count), Samples.of(times)).text(1), "", "");
	}

	private static void check(boolean condition, String otherwise) {
		if (!condition) {
			throw new IllegalStateException(otherwise);
		}
	}

	/**
	 * Makes a filter that is logged in.
	 */
	@FunctionalInterface
	private interface Filters {

		ExchangeFilterFunction create(Tokens tokens);

	}

	/**
	 * The outcome of several rounds.
	 */
	private static final class Tally {

		private final List<Integer> recovered = new ArrayList<>();

		private final List<Integer> tokenRequests = new ArrayList<>();

		private final List<Integer> mostSends = new ArrayList<>();

		void add(Outcome outcome, Counts counts) {
			this.recovered.add(outcome.answered());
			this.tokenRequests.add(counts.tokenRequests());
			this.mostSends.add(counts.mostSends());
		}

		boolean isPerfect(int count, int servers) {
			return this.recovered.stream().allMatch((recovered) -> recovered == count)
					&& this.tokenRequests.stream().allMatch((requests) -> requests == servers)
					&& this.mostSends.stream().allMatch((sends) -> sends <= 2);
		}

		String recovered() {
			return range(this.recovered);
		}

		String tokenRequests() {
			return range(this.tokenRequests);
		}

		String mostSends() {
			return range(this.mostSends);
		}

		private static String range(List<Integer> values) {
			Samples samples = Samples.of(values);
			int lowest = (int) samples.lowest();
			int highest = (int) samples.highest();
			return (lowest == highest) ? Integer.toString(lowest) : "%d to %d".formatted(lowest, highest);
		}

	}

}
