// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.internal.work.WorkThreads;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * A lock of all processes that use a directory. It is held for the time of a write only,
 * so that a file can be read, changed and replaced in one step.
 *
 * @param directory the directory
 * @param threads tell the results
 */
record RecordsLock(RecordDirectory directory, WorkThreads threads) {

	private static final String FILE = "records.lock";

	/**
	 * A process that is stopped while it holds the lock keeps others waiting.
	 */
	private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

	/**
	 * Do work while the lock is held. The work is not begun for a caller that has given
	 * up, and is finished once it has begun.
	 * @param <T> the type of result
	 * @param work the work, which may block
	 * @return a mono with its result or its failure, and with an {@link IOException} if
	 * the lock cannot be had
	 */
	<T> Mono<T> within(Callable<@Nullable T> work) {
		Mono<T> locked = Mono.create((sink) -> {
			Waiter<T> waiter = new Waiter<>(work, sink);
			sink.onDispose(waiter::leave);
			LockFile.EXECUTOR.execute(() -> LockFile.enter(this.directory, FILE, waiter));
		});
		return this.threads.within(locked, LONGEST_WAIT)
			.onErrorMap(TimeoutException.class,
					(ex) -> new FileSystemException(FILE, null,
							"another process holds it for longer than %d s".formatted(LONGEST_WAIT.toSeconds())))
			.publishOn(this.threads.blocking());
	}

	/**
	 * Does its work on the thread that got the lock, and releases the lock before the
	 * subscriber hears of it.
	 */
	private static final class Waiter<T> implements LockFile.Waiter {

		private final AtomicBoolean waiting = new AtomicBoolean(true);

		private final Callable<@Nullable T> work;

		private final MonoSink<T> sink;

		Waiter(Callable<@Nullable T> work, MonoSink<T> sink) {
			this.work = work;
			this.sink = sink;
		}

		@Override
		public boolean isWaiting() {
			return this.waiting.get();
		}

		@Override
		public boolean grant(Runnable release) {
			// A caller that gave up meanwhile must not change the file
			if (!this.waiting.compareAndSet(true, false)) {
				return false;
			}
			T result = null;
			Throwable failure = null;
			try {
				result = this.work.call();
			}
			catch (Throwable ex) {
				// An Error, too: the lock would never be released
				failure = ex;
			}
			release.run();
			if (failure != null) {
				this.sink.error(failure);
			}
			else {
				this.sink.success(result);
			}
			return true;
		}

		@Override
		public void fail(Throwable reason) {
			if (this.waiting.compareAndSet(true, false)) {
				this.sink.error(reason);
			}
		}

		void leave() {
			this.waiting.set(false);
		}

	}

}
