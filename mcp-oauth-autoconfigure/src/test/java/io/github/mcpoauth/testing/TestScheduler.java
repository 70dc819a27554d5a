// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.time.Duration;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A scheduler on which nothing happens until a test lets it: tasks without a delay run at
 * once, all others wait to be taken and run, which moves the clock.
 */
public final class TestScheduler implements Scheduler {

	private static final long PATIENCE = 30;

	private final BlockingDeque<Task> tasks = new LinkedBlockingDeque<>();

	private final TestClock clock;

	public TestScheduler(TestClock clock) {
		this.clock = clock;
	}

	@Override
	public Disposable schedule(Runnable task) {
		return Schedulers.immediate().schedule(task);
	}

	@Override
	public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
		Task scheduled = new Task(task, Duration.of(delay, unit.toChronoUnit()));
		this.tasks.add(scheduled);
		return scheduled;
	}

	@Override
	public Worker createWorker() {
		return Schedulers.immediate().createWorker();
	}

	/**
	 * Wait for the next task.
	 */
	public Task next() {
		try {
			Task task = this.tasks.poll(PATIENCE, TimeUnit.SECONDS);
			if (task == null) {
				throw new AssertionError("Nothing was scheduled within " + PATIENCE + " s");
			}
			return task;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError(ex);
		}
	}

	/**
	 * Wait until there is a task to take.
	 */
	public void await() {
		this.tasks.addFirst(next());
	}

	/**
	 * Whether no task waits.
	 */
	public boolean isIdle() {
		return this.tasks.stream().allMatch(Task::isDisposed);
	}

	/**
	 * A task that waits.
	 */
	public final class Task implements Disposable {

		private final Runnable runnable;

		private final Duration delay;

		private final AtomicBoolean disposed = new AtomicBoolean();

		private Task(Runnable runnable, Duration delay) {
			this.runnable = runnable;
			this.delay = delay;
		}

		public Duration delay() {
			return this.delay;
		}

		/**
		 * Let its time come.
		 */
		public void run() {
			TestScheduler.this.clock.advance(this.delay);
			if (this.disposed.compareAndSet(false, true)) {
				this.runnable.run();
			}
		}

		@Override
		public void dispose() {
			this.disposed.set(true);
		}

		@Override
		public boolean isDisposed() {
			return this.disposed.get();
		}

	}

}
