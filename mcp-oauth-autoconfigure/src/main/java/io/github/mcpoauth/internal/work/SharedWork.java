// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Work that runs once for all callers that join it. It belongs to none of them: a caller
 * that cancels leaves it running.
 * <p>
 * A run always ends, once: with a value, an error, without a value, or when its deadline
 * passes. The next run may start before the waiters of the last one hear of its end. A
 * run that ends after its deadline is reported to a {@link LateResult}.
 *
 * @param <T> the type of result
 */
public final class SharedWork<T> {

	private static final Log logger = LogFactory.getLog(SharedWork.class);

	private final String name;

	private final Duration deadline;

	private final Scheduler timer;

	private final LateResult<T> late;

	private final AtomicReference<@Nullable Run> running = new AtomicReference<>();

	/**
	 * Create work that nothing runs yet.
	 * @param name name of the work, for the message of its timeout
	 * @param deadline how long a run may take
	 * @param timer scheduler of the deadline, whose threads must never block
	 */
	public SharedWork(String name, Duration deadline, Scheduler timer) {
		this(name, deadline, timer, (value, failure) -> {
		});
	}

	/**
	 * Create work that nothing runs yet.
	 * @param name name of the work, for the message of its timeout
	 * @param deadline how long a run may take
	 * @param timer scheduler of the deadline, whose threads must never block
	 * @param late receives the result of a run that ends after its deadline
	 */
	public SharedWork(String name, Duration deadline, Scheduler timer, LateResult<T> late) {
		this.name = name;
		this.deadline = deadline;
		this.timer = timer;
		this.late = late;
	}

	/**
	 * Join the run that is under way, or start one.
	 * @param work supplies the work, called only if no run is under way. A run it starts
	 * subscribes without the caller's Reactor context
	 * @return a mono with the result of the run. It fails with the run's error, and with
	 * {@link TimeoutException} when the deadline passes
	 */
	public Mono<T> join(Supplier<? extends Mono<T>> work) {
		return Mono.defer(() -> {
			Run mine = new Run();
			while (true) {
				Run present = this.running.get();
				if (present != null) {
					return present.result();
				}
				// Of two callers that find no run, one starts its own and the other joins
				if (this.running.compareAndSet(null, mine)) {
					mine.start(work);
					return mine.result();
				}
			}
		});
	}

	/**
	 * The run that is under way.
	 * @return a mono with its result, {@code null} if no run is under way
	 */
	public @Nullable Mono<T> current() {
		Run present = this.running.get();
		return (present != null) ? present.result() : null;
	}

	/**
	 * Receives the result of a run that had been given up.
	 *
	 * @param <T> the type of result
	 */
	@FunctionalInterface
	public interface LateResult<T> {

		/**
		 * Handle the result.
		 * @param value the value, {@code null} if there is none
		 * @param failure the error, {@code null} if there is none
		 */
		void handle(@Nullable T value, @Nullable Throwable failure);

	}

	/**
	 * One run, from its start to its end.
	 */
	private final class Run {

		private final CompletableFuture<@Nullable T> result = new CompletableFuture<>();

		private final AtomicBoolean ended = new AtomicBoolean();

		private final Disposable.Swap expiry = Disposables.swap();

		private volatile @Nullable T value;

		private Mono<T> result() {
			return Mono.fromFuture(this.result, true);
		}

		private void start(Supplier<? extends Mono<T>> work) {
			try {
				this.expiry.update(SharedWork.this.timer.schedule(this::expire, SharedWork.this.deadline.toNanos(),
						TimeUnit.NANOSECONDS));
				work.get().subscribe((value) -> this.value = value, this::fail, () -> end(this.value, null));
			}
			catch (Throwable ex) {
				// Thrown while the work was assembled, or an Error that Reactor rethrows:
				// without this the slot would stay taken for ever
				fail(ex);
			}
		}

		private void fail(Throwable failure) {
			end(null, failure);
		}

		private void expire() {
			end(null, new TimeoutException("%s did not end within %d ms".formatted(SharedWork.this.name,
					SharedWork.this.deadline.toMillis())));
		}

		private void end(@Nullable T value, @Nullable Throwable failure) {
			// The deadline and the work may end the run at the same time
			if (!this.ended.compareAndSet(false, true)) {
				late(value, failure);
				return;
			}
			this.expiry.dispose();
			// Before the waiters hear: one that calls again must start a new run
			SharedWork.this.running.compareAndSet(this, null);
			if (failure != null) {
				this.result.completeExceptionally(failure);
			}
			else {
				this.result.complete(value);
			}
		}

		private void late(@Nullable T value, @Nullable Throwable failure) {
			try {
				SharedWork.this.late.handle(value, failure);
			}
			catch (RuntimeException ex) {
				logger.warn("The late result of '%s' could not be handled".formatted(SharedWork.this.name), ex);
			}
		}

	}

}
