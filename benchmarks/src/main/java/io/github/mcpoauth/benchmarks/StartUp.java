// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Additional start-up time of an application with a WebClient, each time in a new JVM and
 * with no more on its class path than it needs.
 */
final class StartUp implements Part {

	static final String NAME = "start-up";

	private static final int ROUNDS = 20;

	private static final int MANY = 1_003;

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "application", "start, ms", "above WebClient, ms", "heap, KB",
				"above WebClient, KB", "");
		Map<String, List<Double>> millis = new LinkedHashMap<>();
		Map<String, List<Double>> heap = new LinkedHashMap<>();
		for (int round = 0; round < ROUNDS; round++) {
			run(millis, heap, "WebClient", ClassPath.webClient(), StartUpApplication.Plain.class, 0);
			run(millis, heap, "starter, 3 servers", ClassPath.starter(), StartUpApplication.Plain.class, 3);
			run(millis, heap, "Spring Security, 3 clients", ClassPath.springSecurity(),
					StartUpApplication.WithSpringSecurity.class, 3);
		}
		for (int round = 0; round < ROUNDS; round += 2) {
			run(millis, heap, "starter, %d servers".formatted(MANY), ClassPath.starter(),
					StartUpApplication.Plain.class, MANY);
		}
		Samples bareMillis = Samples.of(millis.getOrDefault("WebClient", List.of()));
		Samples bareHeap = Samples.of(heap.getOrDefault("WebClient", List.of()));
		millis.forEach((name, values) -> {
			Samples started = results.keep(name + ", ms", Samples.of(values));
			Samples used = results.keep(name + ", KB", Samples.of(heap.getOrDefault(name, List.of())));
			results.row(name, started.text(0), "%.0f".formatted(started.median() - bareMillis.median()), used.text(0),
					"%.0f".formatted(used.median() - bareHeap.median()), "");
		});
		judge(results, millis, heap);
		return results;
	}

	private static void judge(Results results, Map<String, List<Double>> millis, Map<String, List<Double>> heap) {
		double ours = median(millis, "starter, 3 servers") - median(millis, "WebClient");
		double theirs = median(millis, "Spring Security, 3 clients") - median(millis, "WebClient");
		results.row("starter / Spring Security, goal 0.7", "", "%.2f".formatted(ours / theirs), "", "",
				Results.met(ours <= theirs * 0.7));
		double all = median(heap, "starter, 3 servers") - median(heap, "WebClient");
		double more = (median(millis, "starter, %d servers".formatted(MANY)) - median(millis, "starter, 3 servers"))
				/ (MANY - 3);
		results.row("each server, goal 1 ms", "", "%.2f".formatted(more), "", "", Results.met(more <= 1));
		results.row("starter in all, goal 2048 KB", "", "", "", "%.0f".formatted(all), Results.met(all <= 2048));
		double each = (median(heap, "starter, %d servers".formatted(MANY)) - median(heap, "starter, 3 servers"))
				/ (MANY - 3);
		results.row("each server, goal 4 KB", "", "", "", "%.2f".formatted(each), Results.met(each <= 4));
	}

	private static double median(Map<String, List<Double>> samples, String name) {
		return Samples.of(samples.getOrDefault(name, List.of())).median();
	}

	private static void run(Map<String, List<Double>> millis, Map<String, List<Double>> heap, String name,
			String classPath, Class<?> application, int servers) throws Exception {
		try (JavaProcess process = JavaProcess.start(classPath, StartUpApplication.class, application.getName(),
				Integer.toString(servers))) {
			String[] answer = process.await("started").split(" ");
			millis.computeIfAbsent(name, (unused) -> new ArrayList<>()).add(Double.parseDouble(answer[0]));
			heap.computeIfAbsent(name, (unused) -> new ArrayList<>()).add(Double.parseDouble(answer[1]));
		}
	}

}
