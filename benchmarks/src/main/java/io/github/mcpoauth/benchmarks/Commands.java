// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.springframework.util.Assert;
import org.springframework.util.FileSystemUtils;

/**
 * Commands of the sample agent as whole processes, beside the start of the agent itself.
 * Their CPU time tells more than their duration on a machine that has other work.
 */
final class Commands implements Part {

	static final String NAME = "commands";

	private static final int ROUNDS = 7;

	private static final String START = "start of the sample agent";

	private static final String GRANT = """
			{"access_token":"benchmark","refresh_token":"benchmark","expires_at":4000000000,"client_id":"benchmark",\
			"token_endpoint":"https://mcp.example.com/token","generation":1}""";

	private final Path agent;

	Commands(Path project) {
		this.agent = project.resolve("samples/agent/target/agent.jar");
	}

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "process", "goal", "CPU time, s (range of the rounds)", "over the start",
				"");
		Path directory = Directories.create();
		Files.writeString(directory.resolve("demo.json"), GRANT);
		Files.setPosixFilePermissions(directory.resolve("demo.json"), PosixFilePermissions.fromString("rw-------"));
		Map<String, List<Double>> seconds = new LinkedHashMap<>();
		for (int round = -1; round < ROUNDS; round++) {
			Map<String, Double> measured = new LinkedHashMap<>();
			measured.put(START, run(directory, "-Dspring.context.exit=onRefresh"));
			measured.put("mcp list", run(directory, "", "mcp", "list"));
			measured.put("mcp refresh of a good token", run(directory, "", "mcp", "refresh", "demo"));
			measured.put("mcp --help", run(directory, "", "mcp", "--help"));
			if (round >= 0) {
				measured
					.forEach((name, value) -> seconds.computeIfAbsent(name, (unused) -> new ArrayList<>()).add(value));
			}
		}
		FileSystemUtils.deleteRecursively(directory);
		Samples start = Samples.of(seconds.getOrDefault(START, List.of()));
		seconds.forEach((name, values) -> {
			Samples taken = results.keep(name + ", s", Samples.of(values));
			Samples ratio = taken.over(start);
			double goal = START.equals(name) ? 1 : name.endsWith("--help") ? 0.1 : 0.5;
			results.row(name, START.equals(name) ? "" : Double.toString(goal), taken.text(1), ratio.text(2),
					START.equals(name) ? "" : Results.met(ratio.median() <= goal));
		});
		return results;
	}

	private double run(Path directory, String option, String... words) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		if (!option.isEmpty()) {
			command.add(option);
		}
		command.addAll(List.of("-jar", this.agent.toString()));
		command.addAll(List.of(words));
		command.addAll(List.of("--mcp.servers.demo.url=https://mcp.example.com/mcp",
				"--mcp.servers.demo.oauth.client-id=benchmark", "--mcp.oauth.store.file.directory=" + directory,
				"--server.port=0"));
		double before = ended();
		Process process = new ProcessBuilder(command).directory(directory.toFile())
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.redirectError(ProcessBuilder.Redirect.DISCARD)
			.start();
		boolean ended = process.waitFor(Patience.LONG.toSeconds(), TimeUnit.SECONDS);
		process.destroyForcibly();
		Assert.state(ended && process.exitValue() == 0, () -> "Failed: " + command);
		return ended() - before;
	}

	/**
	 * The CPU time of all processes that this one has started and that have ended, as
	 * Linux counts it (proc_pid_stat(5), fields 16 and 17, in hundredths of a second).
	 */
	private static double ended() throws IOException {
		String stat = Files.readString(Path.of("/proc/self/stat"));
		String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
		return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / 100d;
	}

}
