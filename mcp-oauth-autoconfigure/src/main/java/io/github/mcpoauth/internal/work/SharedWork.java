// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Work that runs once for all callers that join it. It does not belong to one of them: a
 * caller that cancels leaves it running.
 * <p>
 * A run always ends, once: with a value, an error, without a value, or when its deadline
 * passes. The next run may start before the waiters of the last one hear of its end. A
 * run that ends after its deadline is reported to a {@link SharedRun.Ending}.
 *
 * @param <T> the type of result
 */
public final class SharedWork<T> {

	private final String name;

	private final Duration deadline;

	private final WorkThreads threads;

	private final SharedRun.Ending<T> late;

	private final AtomicReference<@Nullable SharedRun<T>> running = new AtomicReference<>();

	/**
	 * Create work that nothing runs yet.
	 * @param name name of the work, for the message of its timeout
	 * @param deadline how long a run may take
	 * @param threads time the deadline and tell the waiters of it
	 */
	public SharedWork(String name, Duration deadline, WorkThreads threads) {
		this(name, deadline, threads, (value, failure) -> {
		});
	}

	/**
	 * Create work that nothing runs yet.
	 * @param name name of the work, for the message of its timeout
	 * @param deadline how long a run may take
	 * @param threads time the deadline and tell the waiters of it
	 * @param late receives the result of a run that ends after its deadline
	 */
	public SharedWork(String name, Duration deadline, WorkThreads threads, SharedRun.Ending<T> late) {
		this.name = name;
		this.deadline = deadline;
		this.threads = threads;
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
			SharedRun<T> mine = run();
			while (true) {
				SharedRun<T> present = this.running.get();
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
		SharedRun<T> present = this.running.get();
		return (present != null) ? present.result() : null;
	}

	private SharedRun<T> run() {
		AtomicReference<@Nullable SharedRun<T>> self = new AtomicReference<>();
		// Only its own run: a later run in the slot must stay for callers to join
		SharedRun<T> run = new SharedRun<>(this.name, this.deadline, this.threads,
				(value, failure) -> this.running.compareAndSet(self.get(), null), this.late);
		self.set(run);
		return run;
	}

}
