// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.benchmarks.Starter.Tokens;
import reactor.core.scheduler.Schedulers;

/**
 * Very many servers with a grant each.
 */
final class Scale implements Part {

	static final String NAME = "scale";

	private static final List<Integer> SIZES = List.of(1, 10, 100, 1_000, 10_000);

	private static final int STARTS = 7;

	private static final int ROUNDS = 7;

	/**
	 * The threads that blocking work may have, however many servers there are.
	 */
	private static final int BLOCKING_THREADS = Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE;

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "servers", "start, ms", "a server more, us", "threads",
				"hot path, CPU time, ns", "first token of all, ms", "threads then");
		HotPath.Rounds[] rounds = new HotPath.Rounds[SIZES.size()];
		for (int round = 0; round < ROUNDS; round++) {
			for (int size = 0; size < rounds.length; size++) {
				rounds[size] = (rounds[size] != null) ? rounds[size] : new HotPath.Rounds();
				rounds[size].run(List.of("starterAmongMany"), SIZES.get(size).toString());
			}
		}
		List<Figures> figures = new ArrayList<>();
		for (int size = 0; size < rounds.length; size++) {
			int servers = SIZES.get(size);
			List<Double> millis = new ArrayList<>();
			int threads = 0;
			for (int start = 0; start < STARTS; start++) {
				try (JavaProcess process = JavaProcess.start(ClassPath.starter(), StartUpApplication.class,
						StartUpApplication.Plain.class.getName(), Integer.toString(servers))) {
					String[] answer = process.await("started").split(" ");
					millis.add(Double.parseDouble(answer[0]));
					threads = Integer.parseInt(answer[2]);
				}
			}
			Samples started = results.keep("start with %d servers, ms".formatted(servers), Samples.of(millis));
			Samples call = results.keep("hot path with %d servers, ns".formatted(servers),
					rounds[size].nanos("starterAmongMany"));
			Grants grants = grants(servers);
			figures.add(new Figures(servers, started.median(), threads, call.median(), grants));
			results.row(Integer.toString(servers), started.text(0), "%.0f".formatted(slope(figures, size)),
					Integer.toString(threads), call.text(0), "%.0f".formatted(grants.millis()),
					Integer.toString(grants.threads()));
		}
		judge(results, figures);
		return results;
	}

	/**
	 * Time that each further server takes at the start, compared with the fewest servers.
	 */
	private static double slope(List<Figures> figures, int size) {
		Figures least = figures.get(0);
		Figures these = figures.get(size);
		return (size == 0) ? 0
				: (these.startMillis() - least.startMillis()) * 1e3 / (these.servers() - least.servers());
	}

	private static void judge(Results results, List<Figures> figures) {
		int last = figures.size() - 1;
		Figures least = figures.get(0);
		Figures most = figures.get(last);
		results.row("goal", "",
				"no more than with fewer: " + Results.met(slope(figures, last) <= slope(figures, last - 1)),
				"as many: " + Results.met(most.threads() <= least.threads()),
				"the same within 5 %%: %s".formatted(Results.met(most.callNanos() <= 1.05 * least.callNanos())), "",
				"none for each: "
						+ Results.met(most.grants().threads() <= least.grants().threads() + BLOCKING_THREADS));
	}

	/**
	 * Ask for the token of each of many servers.
	 */
	private static Grants grants(int servers) throws IOException {
		Map<String, URI> urls = new LinkedHashMap<>();
		for (int server = 0; server < servers; server++) {
			urls.put("s" + server, URI.create("https://mcp.example.com/s%d/mcp".formatted(server)));
		}
		try (Starter starter = Starter.withFiles(urls, Map.of())) {
			Tokens tokens = new Tokens("token", "refresh", URI.create("https://mcp.example.com/token"));
			starter.loginToAll(tokens);
			long began = System.nanoTime();
			starter.useAll();
			return new Grants((System.nanoTime() - began) / 1e6, ManagementFactory.getThreadMXBean().getThreadCount());
		}
	}

	/**
	 * Figures for some number of servers.
	 *
	 * @param servers how many servers
	 * @param startMillis how long the start took
	 * @param threads how many threads there were then
	 * @param callNanos duration of a request
	 * @param grants the first use of all of them
	 */
	private record Figures(int servers, double startMillis, int threads, double callNanos, Grants grants) {

	}

	/**
	 * Figures of the first use.
	 *
	 * @param millis how long
	 * @param threads how many threads there were afterwards
	 */
	private record Grants(double millis, int threads) {

	}

}
