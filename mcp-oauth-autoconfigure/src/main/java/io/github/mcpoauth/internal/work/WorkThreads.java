// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.task.VirtualThreadTaskExecutor;

/**
 * The threads of one manager. Applications fill Reactor's shared schedulers with calls
 * that wait for a token; the work that gets the token must not wait behind them.
 * <p>
 * All threads are daemons, and a thread exists only while it is needed.
 */
public final class WorkThreads implements AutoCloseable {

	private static final int MOST_BLOCKING = 64;

	private static final int MOST_LEASES = 4;

	private static final long KEEP_ALIVE_SECONDS = 30;

	private final Scheduler blocking;

	private final Scheduler leases;

	private final Scheduler timer;

	private final LongSupplier nanoTime;

	private WorkThreads(Scheduler blocking, Scheduler leases, Scheduler timer, LongSupplier nanoTime) {
		this.blocking = blocking;
		this.leases = leases;
		this.timer = timer;
		this.nanoTime = nanoTime;
	}

	private static WorkThreads of(ThreadFactory blocking) {
		ThreadPoolExecutor pool = new ThreadPoolExecutor(MOST_BLOCKING, MOST_BLOCKING, KEEP_ALIVE_SECONDS,
				TimeUnit.SECONDS, new LinkedBlockingQueue<>(), blocking);
		pool.allowCoreThreadTimeOut(true);
		return new WorkThreads(Schedulers.fromExecutorService(pool, "mcp-oauth-work"),
				Schedulers.fromExecutorService(scheduled(MOST_LEASES, "mcp-oauth-lease-"), "mcp-oauth-lease"),
				Schedulers.fromExecutorService(scheduled(1, "mcp-oauth-timer-"), "mcp-oauth-timer"), System::nanoTime);
	}

	private static ScheduledThreadPoolExecutor scheduled(int most, String prefix) {
		ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(most, daemons(prefix));
		pool.setRemoveOnCancelPolicy(true);
		pool.setKeepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
		pool.allowCoreThreadTimeOut(true);
		return pool;
	}

	private static ThreadFactory daemons(String prefix) {
		AtomicInteger number = new AtomicInteger();
		return (task) -> {
			Thread thread = new Thread(task, prefix + number.incrementAndGet());
			thread.setDaemon(true);
			return thread;
		};
	}

	/**
	 * Create platform threads.
	 * @return the threads, to be closed with the manager
	 */
	public static WorkThreads platform() {
		return of(daemons("mcp-oauth-work-"));
	}

	/**
	 * Create virtual threads for work that blocks.
	 * @return the threads, to be closed with the manager
	 * @throws UnsupportedOperationException on a JDK without virtual threads
	 */
	public static WorkThreads virtual() {
		return of(new VirtualThreadTaskExecutor("mcp-oauth-work-").getVirtualThreadFactory());
	}

	/**
	 * Threads for callers that belong to no manager. They are never closed. No thread
	 * exists while there is nothing to do.
	 * @return the threads
	 */
	public static WorkThreads shared() {
		return Shared.THREADS;
	}

	/**
	 * Use schedulers of the caller, for example on virtual time.
	 * @param blocking scheduler for work that may block
	 * @param leases scheduler for the renewal of leases
	 * @param timer scheduler of deadlines and pauses
	 * @param nanoTime counter for spans, on the same time as the schedulers
	 * @return the threads
	 */
	public static WorkThreads of(Scheduler blocking, Scheduler leases, Scheduler timer, LongSupplier nanoTime) {
		return new WorkThreads(blocking, leases, timer, nanoTime);
	}

	/**
	 * Threads for refresh attempts, stores and files. They may block.
	 * @return a scheduler that runs tasks at once, and refuses delayed ones
	 */
	public Scheduler blocking() {
		return this.blocking;
	}

	/**
	 * Threads that renew leases and do nothing else, so that a lease is renewed while all
	 * other threads are busy.
	 * @return the scheduler
	 */
	public Scheduler leases() {
		return this.leases;
	}

	/**
	 * The thread of deadlines and pauses. A task of it must never block.
	 * @return the scheduler
	 */
	public Scheduler timer() {
		return this.timer;
	}

	/**
	 * Read the counter for spans.
	 * @return nanoseconds since an arbitrary point
	 */
	public long nanos() {
		return this.nanoTime.getAsLong();
	}

	/**
	 * Deliver a failure on a thread that may block. The thread of deadlines must not run
	 * the code of callers.
	 * @param <T> the type of result that the caller waits for
	 * @param failure the failure
	 * @return a mono that fails
	 */
	public <T> Mono<T> deliver(Throwable failure) {
		return Mono.<T>error(failure).subscribeOn(this.blocking);
	}

	/**
	 * Bound the time of a wait. Its end is delivered on a thread that may block.
	 * @param <T> the type of result
	 * @param work the work that is waited for
	 * @param bound how long to wait
	 * @return a mono with the result, which fails with {@link TimeoutException} when the
	 * time is over
	 */
	public <T> Mono<T> within(Mono<T> work, Duration bound) {
		return work.timeout(bound, Mono
			.defer(() -> deliver(new TimeoutException("There was no result within %d ms".formatted(bound.toMillis())))),
				this.timer);
	}

	/**
	 * Call code that may throw an {@link Error} while it assembles its work. Reactor does
	 * not signal one, so callers would wait until their bound, and a lock would stay
	 * taken as long.
	 * @param <T> the type of result
	 * @param call the code, called for each subscriber
	 * @return a mono that fails with all that the code throws
	 */
	public static <T> Mono<T> signalled(Supplier<Mono<T>> call) {
		return Mono.defer(() -> {
			try {
				return call.get();
			}
			catch (Throwable ex) {
				return Mono.error(ex);
			}
		});
	}

	/**
	 * End all threads. Tasks that have not started are dropped.
	 */
	@Override
	public void close() {
		this.blocking.dispose();
		this.leases.dispose();
		this.timer.dispose();
	}

	/**
	 * Makes the shared threads with their first use.
	 */
	private static final class Shared {

		private static final WorkThreads THREADS = platform();

	}

}
