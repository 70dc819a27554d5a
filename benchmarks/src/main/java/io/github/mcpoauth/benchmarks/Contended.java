// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Eight processes need a token that has expired, at the same time.
 */
final class Contended implements Part {

	static final String NAME = "contended";

	static final String SERVER = "shared";

	private static final int PROCESSES = 8;

	private static final int WARM_UPS = 5;

	private static final int ROUNDS = 100;

	/**
	 * Numbers of processes for the curve of growth, with fewer rounds.
	 */
	private static final List<Integer> NUMBERS = List.of(1, 2, 4, 16, 32, 64);

	private static final int ROUNDS_OF_A_NUMBER = 20;

	private static final int DELAY_MILLIS = 100;

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "what", "goal", "median, ms", "p99, ms", "longest, ms", "");
		Path directory = Directories.create();
		List<JavaProcess> processes = new ArrayList<>();
		try (Load load = Load.start();
				Starter starter = Starter.withFilesIn(directory, Map.of(SERVER, load.url(SERVER)), Map.of())) {
			start(processes, PROCESSES, directory, load);
			List<Double> first = new ArrayList<>();
			for (JavaProcess process : processes) {
				first.add(expire(load, starter, List.of(process)));
			}
			List<Double> alone = new ArrayList<>();
			List<Double> last = new ArrayList<>();
			List<Integer> requests = new ArrayList<>();
			for (int round = -WARM_UPS; round < ROUNDS; round++) {
				double one = expire(load, starter, processes.subList(0, 1));
				double all = expire(load, starter, processes);
				if (round >= 0) {
					alone.add(one);
					last.add(all);
					requests.add(load.counts(SERVER).tokenRequests());
				}
			}
			row(results, "first refresh of a process, which loads its classes", "",
					results.keep("first refresh of each process, ms", Samples.of(first)), "");
			Samples refresh = results.keep("one process alone, ms", Samples.of(alone));
			Samples served = results.keep("last of %d processes, ms".formatted(PROCESSES), Samples.of(last));
			row(results, "one process, token endpoint takes %d ms".formatted(DELAY_MILLIS), "", refresh, "");
			double most = refresh.median() + 150;
			row(results, "last of %d processes".formatted(PROCESSES), "p99 <= %.0f".formatted(most), served,
					Results.met(served.quantile(0.99) <= most));
			boolean once = requests.stream().allMatch((count) -> count == 1);
			for (int number : NUMBERS) {
				start(processes, number, directory, load);
				List<Double> times = new ArrayList<>();
				for (int round = 0; round < ROUNDS_OF_A_NUMBER; round++) {
					times.add(expire(load, starter, processes.subList(0, number)));
				}
				results.keep("last of %d processes, ms".formatted(number), Samples.of(times));
			}
			results.row("token requests in each of %d rounds".formatted(ROUNDS), "1",
					Integer.toString((int) Samples.of(requests).median()), "",
					Integer.toString((int) Samples.of(requests).highest()), Results.met(once));
		}
		finally {
			for (JavaProcess process : processes) {
				process.close();
			}
		}
		return results;
	}

	/**
	 * Start further processes until there are enough.
	 */
	private static void start(List<JavaProcess> processes, int number, Path directory, Load load)
			throws IOException, InterruptedException {
		for (int missing = number - processes.size(); missing > 0; missing--) {
			JavaProcess process = JavaProcess.start(ContendedProcess.class, directory.toString(),
					load.url(SERVER).toString());
			process.await("ready");
			processes.add(process);
		}
	}

	private static void row(Results results, String title, String goal, Samples samples, String met) {
		results.row(title, goal, "%.0f".formatted(samples.median()), "%.0f".formatted(samples.quantile(0.99)),
				"%.0f".formatted(samples.highest()), met);
	}

	/**
	 * Let the token expire and ask for one in some processes.
	 * @return how many milliseconds after the first was asked the last one had it
	 */
	private static double expire(Load load, Starter starter, List<JavaProcess> processes)
			throws IOException, InterruptedException {
		load.expect(SERVER, "revoke&delay=" + DELAY_MILLIS);
		starter.login(SERVER, load.login(SERVER), Duration.ofSeconds(-1));
		long began = System.nanoTime();
		for (JavaProcess process : processes) {
			process.tell("token");
		}
		for (JavaProcess process : processes) {
			process.await("served");
		}
		return (System.nanoTime() - began) / 1e6;
	}

}
