// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.springframework.util.Assert;

/**
 * A JVM of its own, that ends with this one.
 */
final class JavaProcess implements AutoCloseable {

	private final Process process;

	private final Writer input;

	private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

	private JavaProcess(Process process) {
		this.process = process;
		this.input = process.outputWriter(StandardCharsets.UTF_8);
		Thread reader = new Thread(this::read, "output of " + process.pid());
		reader.setDaemon(true);
		reader.start();
		Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
	}

	/**
	 * Start a program with the class path of this one.
	 * @param main the program
	 * @param arguments its arguments
	 * @return the process
	 * @throws IOException if it cannot be started
	 */
	static JavaProcess start(Class<?> main, String... arguments) throws IOException {
		return start(System.getProperty("java.class.path"), main, arguments);
	}

	static JavaProcess start(String classPath, Class<?> main, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx2g", "-cp", classPath,
						main.getName()));
		command.addAll(List.of(arguments));
		return new JavaProcess(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
	}

	private void read() {
		try (BufferedReader output = this.process.inputReader(StandardCharsets.UTF_8)) {
			for (String line = output.readLine(); line != null; line = output.readLine()) {
				this.lines.add(line);
			}
		}
		catch (IOException ex) {
			this.lines.add("(closed)");
		}
	}

	/**
	 * Say something to the program.
	 * @param line a line
	 * @throws IOException if it does not listen
	 */
	void tell(String line) throws IOException {
		this.input.write(line + "\n");
		this.input.flush();
	}

	/**
	 * Send a signal to the program.
	 * @param name name of the signal
	 * @throws IOException if it cannot be sent
	 * @throws InterruptedException if the waiting is interrupted
	 */
	void signal(String name) throws IOException, InterruptedException {
		Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(this.process.pid())).inheritIO().start();
		Assert.state(kill.waitFor() == 0, () -> name + " could not be sent");
	}

	/**
	 * Wait for the program to say something.
	 * @param word the first word of the line
	 * @return the rest of the line
	 * @throws InterruptedException if the waiting is interrupted
	 */
	String await(String word) throws InterruptedException {
		return await(word, Patience.LONG);
	}

	String await(String word, Duration patience) throws InterruptedException {
		while (true) {
			String line = this.lines.poll(patience.toSeconds(), TimeUnit.SECONDS);
			Assert.state(line != null, () -> "A process never said " + word);
			if (line.startsWith(word + " ")) {
				return line.substring(word.length() + 1);
			}
		}
	}

	@Override
	public void close() throws IOException {
		this.input.close();
		try {
			if (!this.process.waitFor(5, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

}
