// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * A scheduler of one node on virtual time.
 */
final class VirtualScheduler implements Scheduler {

	private final World world;

	private final @Nullable Node node;

	private volatile boolean disposed;

	VirtualScheduler(World world, @Nullable Node node) {
		this.world = world;
		this.node = node;
	}

	@Override
	public Disposable schedule(Runnable task) {
		return schedule(task, 0, TimeUnit.NANOSECONDS);
	}

	@Override
	public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
		boolean never = this.world.plays(Mutant.NO_DEADLINES) && unit.toSeconds(delay) >= 2;
		return never ? Disposables.single() : later(task, delay, unit);
	}

	private Disposable later(Runnable task, long delay, TimeUnit unit) {
		if (this.disposed) {
			throw new RejectedExecutionException("The node is closed");
		}
		return this.world.schedule(Duration.ofNanos(unit.toNanos(delay)), this.node, task)::cancel;
	}

	@Override
	public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
		Disposable.Swap next = Disposables.swap();
		next.update(later(() -> again(task, period, unit, next), initialDelay, unit));
		return next;
	}

	private void again(Runnable task, long period, TimeUnit unit, Disposable.Swap next) {
		task.run();
		if (!next.isDisposed() && !this.disposed) {
			next.update(later(() -> again(task, period, unit, next), period, unit));
		}
	}

	@Override
	public long now(TimeUnit unit) {
		return unit.convert(this.world.now(), TimeUnit.NANOSECONDS);
	}

	@Override
	public void dispose() {
		this.disposed = true;
	}

	@Override
	public boolean isDisposed() {
		return this.disposed;
	}

	@Override
	public Worker createWorker() {
		return new VirtualWorker();
	}

	/**
	 * A worker, whose tasks are cancelled together.
	 */
	private final class VirtualWorker implements Worker {

		private final Disposable.Composite tasks = Disposables.composite();

		@Override
		public Disposable schedule(Runnable task) {
			return add(VirtualScheduler.this.schedule(task));
		}

		@Override
		public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
			return add(VirtualScheduler.this.schedule(task, delay, unit));
		}

		@Override
		public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
			return add(VirtualScheduler.this.schedulePeriodically(task, initialDelay, period, unit));
		}

		private Disposable add(Disposable task) {
			this.tasks.add(task);
			return task;
		}

		@Override
		public void dispose() {
			this.tasks.dispose();
		}

		@Override
		public boolean isDisposed() {
			return this.tasks.isDisposed();
		}

	}

}
