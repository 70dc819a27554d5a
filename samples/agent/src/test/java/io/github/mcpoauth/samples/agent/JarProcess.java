// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An executable jar in a process of its own, whose two outputs are kept apart.
 */
public final class JarProcess implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private final Process process;

	private final Text out;

	private final Text err;

	private JarProcess(Process process) {
		this.process = process;
		this.out = new Text(process.inputReader(StandardCharsets.UTF_8));
		this.err = new Text(process.errorReader(StandardCharsets.UTF_8));
	}

	/**
	 * Start a jar.
	 * @param jar name of the system property with its path
	 * @param arguments its arguments
	 * @return the process, with nothing to read on its standard input
	 */
	public static JarProcess start(String jar, List<String> arguments) throws IOException {
		return start(jar, List.of(), arguments);
	}

	static JarProcess start(String jar, List<String> options, List<String> arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-XX:+UseSerialGC"));
		command.addAll(options);
		command.addAll(List.of("-jar", System.getProperty(jar)));
		command.addAll(arguments);
		Process process = new ProcessBuilder(command).start();
		process.getOutputStream().close();
		return new JarProcess(process);
	}

	/**
	 * Wait for a line on the standard output.
	 * @param pattern what it contains
	 * @return the first group of the pattern
	 */
	public String await(String pattern) throws InterruptedException {
		Pattern wanted = Pattern.compile(pattern);
		while (true) {
			String line = this.out.unread.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			assertThat(line).as("%s%n%s%nwaiting for %s", out(), err(), pattern).isNotNull();
			Matcher matcher = wanted.matcher(line);
			if (matcher.find()) {
				return matcher.group(1);
			}
		}
	}

	/**
	 * Wait for the end of the process.
	 * @return its exit code
	 */
	public int exitCode() throws InterruptedException {
		assertThat(this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("%s%n%s", out(), err()).isTrue();
		this.out.reader.join(PATIENCE.toMillis());
		this.err.reader.join(PATIENCE.toMillis());
		return this.process.exitValue();
	}

	public String out() {
		return String.join("", this.out.lines);
	}

	public String err() {
		return String.join("", this.err.lines);
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * What a process prints on one of its outputs.
	 */
	private static final class Text {

		private final List<String> lines = new CopyOnWriteArrayList<>();

		private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();

		private final Thread reader;

		Text(BufferedReader source) {
			this.reader = new Thread(() -> read(source));
			this.reader.setDaemon(true);
			this.reader.start();
		}

		private void read(BufferedReader source) {
			try (source) {
				for (String line = source.readLine(); line != null; line = source.readLine()) {
					this.lines.add(line + "\n");
					this.unread.add(line);
				}
			}
			catch (IOException ex) {
				this.lines.add("(closed)");
			}
		}

	}

}
