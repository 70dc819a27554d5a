// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.quickstart;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An executable jar in a process of its own.
 */
final class JarProcess implements AutoCloseable {

	private static final long PATIENCE_SECONDS = 120;

	private final String name;

	private final Process process;

	private final List<String> lines = new CopyOnWriteArrayList<>();

	private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();

	private JarProcess(String name, Process process) {
		this.name = name;
		this.process = process;
		Thread reader = new Thread(this::read);
		reader.setDaemon(true);
		reader.start();
	}

	private void read() {
		try (BufferedReader output = this.process.inputReader(StandardCharsets.UTF_8)) {
			for (String line = output.readLine(); line != null; line = output.readLine()) {
				this.lines.add(line);
				this.unread.add(line);
			}
		}
		catch (IOException ex) {
			this.lines.add("(closed)");
		}
	}

	/**
	 * Start a jar, with nothing to read on its standard input.
	 * @param jar the jar
	 * @param arguments its arguments
	 * @return the process
	 */
	static JarProcess start(Path jar, List<String> arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-jar", jar.toString()));
		command.addAll(arguments);
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
		process.getOutputStream().close();
		return new JarProcess(jar.getFileName() + " " + String.join(" ", arguments), process);
	}

	/**
	 * Wait until the process prints something.
	 * @param pattern the pattern to find in a line
	 * @return the first group of the pattern
	 */
	String await(String pattern) throws InterruptedException {
		Pattern wanted = Pattern.compile(pattern);
		while (true) {
			String line = this.unread.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
			if (line == null) {
				throw new UnexpectedException("%s never printed %s%n%s".formatted(this.name, pattern, output()));
			}
			Matcher matcher = wanted.matcher(line);
			if (matcher.find()) {
				return matcher.group(1);
			}
		}
	}

	/**
	 * Wait for the good end of the process.
	 */
	void awaitSuccess() throws InterruptedException {
		if (!this.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || this.process.exitValue() != 0) {
			throw new UnexpectedException("%s did not succeed%n%s".formatted(this.name, output()));
		}
	}

	private String output() {
		return String.join(System.lineSeparator(), this.lines);
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

}
