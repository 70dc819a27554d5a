// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * Ends the process of a command that takes too long, and on SIGTERM.
 * <p>
 * A deadlock while the application starts also blocks the shutdown hook that would close
 * its context, so this halts the JVM instead of exiting from it.
 */
final class CommandDeadline {

	/**
	 * How long starting the application may take.
	 */
	static final Duration START = Duration.ofMinutes(2);

	/**
	 * How long closing the application may take. A refresh that is under way ends first.
	 */
	static final Duration CLOSE = Duration.ofSeconds(45);

	private static final int TERMINATED = 128 + 15;

	private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor((task) -> {
		Thread thread = new Thread(task, "mcp-command-deadline");
		thread.setDaemon(true);
		return thread;
	});

	private final PrintStream err;

	private @Nullable Future<?> pending;

	// Written by the thread of the command, read by the shutdown hook
	private volatile boolean started;

	private volatile boolean ended;

	CommandDeadline(PrintStream err) {
		this.err = err;
	}

	/**
	 * Begin with the start of the application.
	 */
	void begin() {
		within(START, "the application did not start");
		Runtime.getRuntime().addShutdownHook(new Thread(this::terminated, "mcp-command-end"));
	}

	/**
	 * The application runs as ever, since its command line is off.
	 */
	synchronized void withdraw() {
		ended();
		this.timer.shutdownNow();
	}

	/**
	 * The application has started and can be closed in order.
	 */
	void started() {
		this.started = true;
	}

	/**
	 * The command has ended, and the process exits with its exit code.
	 */
	void ended() {
		this.ended = true;
	}

	/**
	 * Replace the deadline.
	 * @param time how long the next step may take
	 * @param failure half a sentence that says which step did not end
	 */
	synchronized void within(Duration time, String failure) {
		if (this.pending != null) {
			this.pending.cancel(false);
		}
		this.pending = this.timer.schedule(() -> giveUp(time, failure), time.toMillis(), TimeUnit.MILLISECONDS);
	}

	private void giveUp(Duration time, String failure) {
		this.err.println("Gave up after %d s: %s. Try again later".formatted(time.toSeconds(), failure));
		this.err.flush();
		Runtime.getRuntime().halt(ExitCode.TRY_LATER.value());
	}

	private synchronized void terminated() {
		if (this.ended) {
			return;
		}
		if (!this.started) {
			// No token is on its way yet, and the lock that closing needs may be taken
			Runtime.getRuntime().halt(TERMINATED);
		}
		this.pending = this.timer.schedule(() -> Runtime.getRuntime().halt(TERMINATED), CLOSE.toMillis(),
				TimeUnit.MILLISECONDS);
	}

}
