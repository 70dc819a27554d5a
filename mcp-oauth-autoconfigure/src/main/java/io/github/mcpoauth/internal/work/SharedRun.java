// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * One run of shared work, from its start to its end. It ends once: with a value, an
 * error, without a value, or when its deadline passes. Its {@link Ending} is called
 * before the waiters hear, so that it can free the place that the run takes.
 *
 * @param <T> the type of result
 */
public final class SharedRun<T> {

	private static final Log logger = LogFactory.getLog(SharedRun.class);

	private final String name;

	private final Duration deadline;

	private final WorkThreads threads;

	private final Ending<T> ending;

	private final Ending<T> late;

	private final CompletableFuture<Signal<T>> result = new CompletableFuture<>();

	private final AtomicBoolean ended = new AtomicBoolean();

	private final Disposable.Swap expiry = Disposables.swap();

	// The value and the end may come on different threads
	private volatile @Nullable T value;

	/**
	 * Create a run that has not started.
	 * @param name name of the work, for messages
	 * @param deadline how long the run may take
	 * @param threads time the deadline and tell the waiters of it
	 * @param ending called once when the run ends, before its waiters hear
	 * @param late receives the result of a run that ends after its deadline
	 */
	public SharedRun(String name, Duration deadline, WorkThreads threads, Ending<T> ending, Ending<T> late) {
		this.name = name;
		this.deadline = deadline;
		this.threads = threads;
		this.ending = ending;
		this.late = late;
	}

	/**
	 * Start the run on the calling thread. Must be called once.
	 * @param work supplies the work, which is subscribed to without a Reactor context
	 */
	public void start(Supplier<? extends Mono<T>> work) {
		try {
			this.expiry
				.update(this.threads.timer().schedule(this::expire, this.deadline.toNanos(), TimeUnit.NANOSECONDS));
			work.get().subscribe((value) -> this.value = value, this::fail, () -> end(this.value, null));
		}
		catch (Throwable ex) {
			// Thrown while the work was assembled, or an Error that Reactor rethrows:
			// without this the run would never end
			fail(ex);
		}
	}

	/**
	 * The result, for any number of waiters.
	 * @return a mono with the result. It fails with the run's error, and with
	 * {@link TimeoutException} when the deadline passes. Cancelling it leaves the run as
	 * it is
	 */
	public Mono<T> result() {
		return Mono.fromFuture(this.result, true).dematerialize();
	}

	private void fail(Throwable failure) {
		end(null, failure);
	}

	private void expire() {
		if (this.ended.get()) {
			return;
		}
		try {
			// The thread of deadlines serves all runs, and waiters may block
			this.threads.blocking().schedule(this::overdue);
		}
		catch (RejectedExecutionException ex) {
			overdue();
		}
	}

	private void overdue() {
		end(null, new TimeoutException("%s did not end within %d ms".formatted(this.name, this.deadline.toMillis())));
	}

	private void end(@Nullable T value, @Nullable Throwable failure) {
		// The deadline and the work may end the run at the same time
		if (!this.ended.compareAndSet(false, true)) {
			call(this.late, value, failure);
			return;
		}
		this.expiry.dispose();
		// Before the waiters hear: one that calls again must start a new run
		call(this.ending, value, failure);
		// A failure is a value here: Reactor logs an error that no waiter hears
		this.result.complete(signal(value, failure));
	}

	private Signal<T> signal(@Nullable T value, @Nullable Throwable failure) {
		if (failure != null) {
			return Signal.error(failure);
		}
		return (value != null) ? Signal.next(value) : Signal.complete();
	}

	private void call(Ending<T> ending, @Nullable T value, @Nullable Throwable failure) {
		try {
			ending.handle(value, failure);
		}
		catch (Throwable ex) {
			// The waiters must hear of the end in any case
			logger.warn("The end of '%s' could not be handled".formatted(this.name), ex);
		}
	}

	/**
	 * Handles the end of a run.
	 *
	 * @param <T> the type of result
	 */
	@FunctionalInterface
	public interface Ending<T> {

		/**
		 * Handle the end.
		 * @param value the value, {@code null} if absent
		 * @param failure the error, {@code null} if absent
		 */
		void handle(@Nullable T value, @Nullable Throwable failure);

	}

}
