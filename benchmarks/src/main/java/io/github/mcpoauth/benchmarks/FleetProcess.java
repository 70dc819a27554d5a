// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Some nodes of a fleet. Each has a manager, threads, a store and connections of its own;
 * the clock by which tokens expire is that of the fleet.
 */
public final class FleetProcess {

	private static final Duration BETWEEN_REQUESTS = Duration.ofSeconds(2);

	private static final Duration BEFORE_RETRY = Duration.ofMillis(100);

	private final FleetClock clock = new FleetClock();

	private final AtomicInteger failures = new AtomicInteger();

	private final List<McpOAuthManager> nodes = new ArrayList<>();

	private final int grants;

	private FleetProcess(FleetDatabase.Nodes stores, int nodes, int grants, URI load) {
		this.grants = grants;
		List<McpServer> servers = IntStream.range(0, grants)
			.mapToObj((grant) -> new McpServer(Fleet.server(grant), load.resolve(Fleet.server(grant) + "/mcp"),
					OAuthSettings.builder().clientId("benchmark").build()))
			.toList();
		for (int node = 0; node < nodes; node++) {
			WorkThreads threads = threads();
			this.nodes.add(McpOAuthManager.builder()
				.servers(servers)
				.clock(this.clock)
				.threads(threads)
				.store(stores.open(threads))
				.build());
		}
	}

	/**
	 * Virtual ones where the JDK has them: a thousand nodes in one machine meet its limit
	 * of threads, which a node of its own does not.
	 */
	private static WorkThreads threads() {
		return (Runtime.version().feature() >= 21) ? WorkThreads.virtual() : WorkThreads.platform();
	}

	/**
	 * Do what the lines of the standard input say.
	 * @param args kind and address of the database, number of nodes, number of grants,
	 * base of the servers
	 * @throws IOException if there is nothing to read
	 */
	public static void main(String[] args) throws IOException {
		try (FleetDatabase.Nodes stores = FleetDatabase.Kind.valueOf(args[0]).nodes(args[1])) {
			FleetProcess process = new FleetProcess(stores, Integer.parseInt(args[2]), Integer.parseInt(args[3]),
					URI.create(args[4]));
			System.out.println("ready now");
			BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
			for (String line = input.readLine(); line != null; line = input.readLine()) {
				process.obey(line.split(" "));
			}
		}
		// Managers whose threads belong to this process keep them
		System.exit(0);
	}

	private void obey(String[] words) {
		switch (words[0]) {
			case "warm" -> {
				Flux.range(0, this.grants)
					.concatMap((grant) -> Flux.fromIterable(this.nodes).flatMap((node) -> token(node, grant), 64))
					.blockLast(Patience.LONG.multipliedBy(10));
				System.out.println("warm now");
			}
			case "use" -> {
				Flux.interval(Duration.ZERO, BETWEEN_REQUESTS)
					.take(Duration.ofSeconds(Long.parseLong(words[1])))
					.onBackpressureDrop()
					.concatMap((tick) -> Flux.range(0, this.grants)
						.concatMap((grant) -> Flux.fromIterable(this.nodes).flatMap((node) -> token(node, grant))))
					.blockLast(Patience.LONG.multipliedBy(10));
				System.out.println("used now");
			}
			default -> {
				this.clock.ahead = Duration.parse(words[1]);
				System.out.println("served " + served(Integer.parseInt(words[2])));
			}
		}
	}

	/**
	 * Get a token for every node at the same moment.
	 * @return the failures, and the milliseconds of each node
	 */
	private String served(int grant) {
		this.failures.set(0);
		List<Double> millis = Flux.fromIterable(this.nodes).flatMap((node) -> {
			long began = System.nanoTime();
			return token(node, grant).map((token) -> (System.nanoTime() - began) / 1e6);
		}, this.nodes.size()).collectList().block(Patience.LONG.multipliedBy(10));
		return this.failures.get() + " "
				+ Objects.requireNonNull(millis)
					.stream()
					.map((value) -> String.format(Locale.ROOT, "%.1f", value))
					.collect(Collectors.joining(" "));
	}

	/**
	 * A token, for which a caller asks again when it gets none.
	 */
	private Mono<AccessToken> token(McpOAuthManager node, int grant) {
		return Mono.defer(() -> node.provider(GrantKey.of(Fleet.server(grant))).token()).doOnError((ex) -> {
			if (this.failures.getAndIncrement() == 0) {
				System.err.println("The first failure of this moment: " + ex.getMessage());
			}
		}).retryWhen(Retry.fixedDelay(300, BEFORE_RETRY));
	}

	/**
	 * A clock that the fleet puts forward.
	 */
	private static final class FleetClock extends Clock {

		private volatile Duration ahead = Duration.ZERO;

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			return Clock.system(zone);
		}

		@Override
		public Instant instant() {
			return Instant.now().plus(this.ahead);
		}

	}

}
