// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.starters;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.starters.application.StarterApplication;

/**
 * An application of its own directory and class path, whose commands are processes.
 *
 * @param directory its working directory, with its configuration
 * @param classPath its class path
 */
record Application(Path directory, String classPath) {

	private static final long PATIENCE_MINUTES = 5;

	/**
	 * Run a command.
	 * @param words the words after {@code mcp}
	 * @return how it ended
	 */
	Ended run(String... words) throws IOException, InterruptedException {
		return run((line, process) -> {
		}, words);
	}

	/**
	 * Run a command that waits for something.
	 * @param lines receives each line of the standard output, and the process
	 * @param words the words after {@code mcp}
	 * @return how it ended
	 */
	Ended run(Lines lines, String... words) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-XX:+UseSerialGC", "-cp", this.classPath, StarterApplication.class.getName(), "mcp"));
		command.addAll(List.of(words));
		Path err = this.directory.resolve("err");
		double before = seconds();
		Process process = new ProcessBuilder(command).directory(this.directory.toFile())
			.redirectError(err.toFile())
			.start();
		List<String> out = new ArrayList<>();
		// Ends the reading of a process that hangs, too
		CompletableFuture<?> end = process.onExit()
			.completeOnTimeout(process, PATIENCE_MINUTES, TimeUnit.MINUTES)
			.thenAccept((ended) -> ended.toHandle().destroyForcibly());
		try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
			for (String line = reader.readLine(); line != null; line = reader.readLine()) {
				out.add(line);
				lines.accept(line, process);
			}
		}
		end.join();
		process.waitFor();
		return new Ended(process.exitValue(), seconds() - before, String.join("\n", out), Files.readString(err));
	}

	/**
	 * The CPU time of all processes that this one has started and that have ended, as
	 * Linux counts it (proc_pid_stat(5), fields 16 and 17, in hundredths of a second).
	 */
	private static double seconds() throws IOException {
		String stat = Files.readString(Path.of("/proc/self/stat"));
		String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
		return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / 100d;
	}

	/**
	 * Receives lines.
	 */
	@FunctionalInterface
	interface Lines {

		/**
		 * Receive a line.
		 * @param line the line
		 * @param process the process that printed it
		 */
		void accept(String line, Process process);

	}

	/**
	 * How a command ended.
	 *
	 * @param exitCode exit code of the process
	 * @param seconds its CPU time
	 * @param out its standard output
	 * @param err its standard error
	 */
	record Ended(int exitCode, double seconds, String out, String err) {

	}

}
