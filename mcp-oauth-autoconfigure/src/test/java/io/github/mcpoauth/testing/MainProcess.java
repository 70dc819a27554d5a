// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A main class that ran in a process of its own until it ended.
 *
 * @param exitValue how it ended
 * @param output what it said, on both outputs
 */
public record MainProcess(int exitValue, String output) {

	/**
	 * The class path of this process.
	 */
	public static List<String> classPath() {
		return List.of(System.getProperty("java.class.path").split(File.pathSeparator));
	}

	/**
	 * The class path of this process, with less on it.
	 * @param absent matches the names of the jars that are left out
	 */
	public static List<String> classPathWithout(Pattern absent) {
		return classPath().stream().filter((entry) -> !absent.matcher(fileName(entry)).matches()).toList();
	}

	/**
	 * The last part of the path of an entry.
	 */
	public static String fileName(String entry) {
		return Path.of(entry).getFileName().toString();
	}

	/**
	 * The command that runs a main class in a JVM made for a quick start.
	 * @param options options of the JVM
	 */
	public static List<String> java(List<String> options, List<String> classPath, Class<?> main, String... arguments) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-XX:+UseSerialGC"));
		command.addAll(options);
		command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), main.getName()));
		command.addAll(List.of(arguments));
		return command;
	}

	/**
	 * Run a main class in a JVM made for a quick start, and wait for its end.
	 * @param main the class, whose argument is a directory for its tokens
	 * @param directory where that directory and the output are
	 * @param classPath the class path
	 * @param options options of the JVM
	 */
	public static MainProcess run(Class<?> main, Path directory, List<String> classPath, String... options)
			throws IOException, InterruptedException {
		Path output = directory.resolve("output.txt");
		List<String> command = java(List.of(options), classPath, main, directory.resolve("tokens").toString());
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		return new MainProcess(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
	}

}
