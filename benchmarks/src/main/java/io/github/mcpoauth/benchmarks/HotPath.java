// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

import org.springframework.util.Assert;

/**
 * Cost of a filter alone. Each round is a fork of each benchmark, one after the other, so
 * that a slow machine slows them all down.
 */
final class HotPath implements Part {

	static final String NAME = "hot-path";

	private static final int ROUNDS = 7;

	private static final List<String> BENCHMARKS = List.of("nothing", "constantHeader", "stat",
			"constantHeaderAfterStat", "starter", "starterCheckingAlways", "starterElsewhere", "starterJdbc",
			"starterRedis", "starterPrincipals", "starterDPoP", "signature", "springSecurity", "springSecurityServlet");

	@Override
	public Results measure() throws RunnerException {
		Rounds rounds = new Rounds();
		for (int round = 0; round < ROUNDS; round++) {
			rounds.run(BENCHMARKS, "1");
		}
		Results results = new Results(NAME, "what", "goal", "CPU time, ns (range of the rounds)", "B/op", "");
		BENCHMARKS.forEach((name) -> {
			results.keep(name + ", CPU ns/op", rounds.nanos(name));
			results.keep(name + ", B/op", rounds.bytes(name));
		});
		absolute(results, rounds, "constantHeader", "constant header");
		absolute(results, rounds, "stat", "`stat` of a file");
		absolute(results, rounds, "springSecurity", "Spring Security " + Peers.SPRING_SECURITY);
		absolute(results, rounds, "springSecurityServlet", "Spring Security, servlet");
		absolute(results, rounds, "constantHeaderAfterStat", "constant header, and a `stat` before it");
		absolute(results, rounds, "signature", "one ES256 signature of the JDK");
		above(results, rounds, "starter", "starter", 0, 0);
		above(results, "starter, looking each time, above constant header and `stat`",
				rounds.nanos("starterCheckingAlways").minus(rounds.nanos("constantHeaderAfterStat")),
				rounds.bytes("starterCheckingAlways").minus(rounds.bytes("constantHeaderAfterStat")), 150, 0);
		Samples apart = rounds.nanos("stat").plus(rounds.nanos("constantHeader"));
		above(results, "the same, where header and `stat` are measured apart",
				rounds.nanos("starterCheckingAlways").minus(apart),
				rounds.bytes("starterCheckingAlways").minus(rounds.bytes("stat").plus(rounds.bytes("constantHeader"))),
				150, 0);
		above(results, rounds, "starterJdbc", "starter, PostgreSQL", 0, 0);
		above(results, rounds, "starterRedis", "starter, Redis", 0, 0);
		above(results, "starter, one of 10 000 principals in memory, above the application's own grant",
				rounds.nanos("starterPrincipals").minus(rounds.nanos("starter")),
				rounds.bytes("starterPrincipals").minus(rounds.bytes("starter")), 100, Double.NaN);
		proof(results, rounds);
		above(results, "starter, request elsewhere, 100 servers, above no filter",
				rounds.nanos("starterElsewhere").minus(rounds.nanos("nothing")),
				rounds.bytes("starterElsewhere").minus(rounds.bytes("nothing")), 100, Double.NaN);
		share(results, rounds, "springSecurity", "starter / Spring Security", 8);
		share(results, rounds, "springSecurityServlet", "starter / Spring Security, servlet", 30);
		return results;
	}

	private static void proof(Results results, Rounds rounds) {
		Samples share = rounds.nanos("starterDPoP").over(rounds.nanos("signature"));
		results.row("starter, DPoP, over its signature", "1.2", share.text(2),
				rounds.bytes("starterDPoP").over(rounds.bytes("signature")).text(2),
				Results.met(share.median() <= 1.2));
	}

	private static void absolute(Results results, Rounds rounds, String name, String title) {
		results.row(title, "", rounds.nanos(name).text(0), rounds.bytes(name).text(0), "");
	}

	private static void above(Results results, Rounds rounds, String name, String title, double nanos, double bytes) {
		above(results, title + ", above constant header", rounds.nanos(name).minus(rounds.nanos("constantHeader")),
				rounds.bytes(name).minus(rounds.bytes("constantHeader")), nanos, bytes);
	}

	private static void above(Results results, String title, Samples nanos, Samples bytes, double mostNanos,
			double mostBytes) {
		boolean bounded = !Double.isNaN(mostBytes);
		results.row(title,
				bounded ? "+%.0f ns, +%.0f B".formatted(mostNanos, mostBytes) : "+%.0f ns".formatted(mostNanos),
				nanos.text(0), bytes.text(0),
				Results.met(nanos.median() <= mostNanos && !(bounded && bytes.median() > mostBytes)));
	}

	private static void share(Results results, Rounds rounds, String name, String title, int parts) {
		Samples share = rounds.nanos(name).over(rounds.nanos("starter"));
		results.row(title, "1/" + parts, "1/" + share.text(1), "", Results.met(share.median() >= parts));
	}

	/**
	 * The outcome of some forks of each benchmark.
	 */
	static final class Rounds {

		private final Map<String, List<Double>> nanos = new LinkedHashMap<>();

		private final Map<String, List<Double>> bytes = new LinkedHashMap<>();

		/**
		 * Run a fork of each benchmark.
		 * @param names names of benchmarks
		 * @param servers how many servers there are where that matters
		 * @throws RunnerException if a benchmark fails
		 */
		@SuppressWarnings("rawtypes") // by JMH
		void run(List<String> names, String servers) throws RunnerException {
			OptionsBuilder options = new OptionsBuilder();
			names.forEach((name) -> options.include("%s\\.%s$".formatted(FilterBenchmark.class.getName(), name)));
			options.param("servers", servers);
			options.forks(1).shouldFailOnError(true).verbosity(VerboseMode.SILENT).addProfiler(GCProfiler.class);
			options.addProfiler(CpuTime.class);
			options.warmupIterations(6).warmupTime(TimeValue.milliseconds(500));
			options.measurementIterations(5).measurementTime(TimeValue.milliseconds(300));
			options.timeout(TimeValue.minutes(2)).timeUnit(TimeUnit.NANOSECONDS);
			for (RunResult result : new Runner(options.build()).run()) {
				String method = result.getPrimaryResult().getLabel();
				Map<String, ? extends Result> measured = result.getSecondaryResults();
				add(this.nanos, method, median(measured, CpuTime.NAME));
				add(this.bytes, method, median(measured, "gc.alloc.rate.norm"));
			}
		}

		@SuppressWarnings("rawtypes") // by JMH
		private static double median(Map<String, ? extends Result> measured, String name) {
			Result result = measured.get(name);
			Assert.state(result != null, () -> "No " + name);
			return result.getStatistics().getPercentile(50);
		}

		private static void add(Map<String, List<Double>> values, String name, double value) {
			values.computeIfAbsent(name, (unused) -> new ArrayList<>()).add(value);
		}

		Samples nanos(String name) {
			return Samples.of(this.nanos.getOrDefault(name, List.of()));
		}

		Samples bytes(String name) {
			return Samples.of(this.bytes.getOrDefault(name, List.of()));
		}

	}

}
