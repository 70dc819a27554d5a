// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LockTimeoutException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A lock with a limited lease, which the holder renews while it works, so that the lock
 * becomes free when the holder dies. It is renewed on threads that do nothing else, and
 * for a bounded time: a holder that never finishes loses it.
 * <p>
 * Between two renewals a paused holder may lose the lock without noticing. Therefore the
 * lock alone protects nothing: a note of spending renews the lease first, and a write
 * compares the record that it replaces.
 */
public final class LeaseLock {

	private static final Log logger = LogFactory.getLog(LeaseLock.class);

	/**
	 * The first pauses between attempts. They are short where the server does not tell
	 * this process that another one gave the lease back.
	 */
	private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

	private static final Duration LONGEST_PAUSE = Duration.ofMillis(80);

	/**
	 * How often a pause is doubled, so that a thousand processes that wait leave the
	 * server time for the one that works.
	 */
	private static final int MOST_DOUBLINGS = 4;

	private static final int SHORT_PAUSES = 4;

	/**
	 * The bound of all renewals of one holder.
	 */
	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final Duration ANSWER = Duration.ofSeconds(10);

	private static final Duration RELEASE = Duration.ofSeconds(2);

	private final LeaseTable table;

	private final Duration time;

	private final WorkThreads threads;

	private final BooleanSupplier told;

	private final BiFunction<GrantKey, Throwable, TokenStoreException> failures;

	private final Map<GrantKey, Lease> held = new ConcurrentHashMap<>();

	private final Map<GrantKey, Sinks.Empty<Void>> waiting = new ConcurrentHashMap<>();

	/**
	 * Create a lock.
	 * @param table where the leases are
	 * @param time how long a lease is for
	 * @param threads renew leases and run pauses
	 * @param told whether the server tells now when a lease is given back
	 * @param failures makes the exception for a failure of the server
	 */
	public LeaseLock(LeaseTable table, Duration time, WorkThreads threads, BooleanSupplier told,
			BiFunction<GrantKey, Throwable, TokenStoreException> failures) {
		this.told = told;
		this.threads = threads;
		this.failures = failures;
		this.table = table;
		this.time = time;
	}

	/**
	 * Do some work while holding a lease.
	 * @param <T> the type of result
	 * @param key the grant
	 * @param wait how long to wait for the lease
	 * @param work the work
	 * @return a mono as {@link io.github.mcpoauth.store.TokenStore#locked} promises it
	 */
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return Mono.defer(() -> {
			Lease lease = new Lease(key);
			long deadline = this.threads.nanos() + wait.toNanos();
			return Mono.usingWhen(Mono.just(lease), (taken) -> acquire(taken, wait, deadline).then(work),
					Lease::release);
		});
	}

	/**
	 * The text with which this process holds a lease.
	 * @param key the grant
	 * @return the owner, {@code null} if this process does not hold it
	 */
	public @Nullable String owner(GrantKey key) {
		Lease lease = this.held.get(key);
		return (lease != null) ? lease.owner : null;
	}

	/**
	 * Wake the callers in this process that wait for a lease.
	 * @param key the grant
	 */
	public void givenBack(GrantKey key) {
		// Removed before it fires: a caller that waits from now on needs a signal of its
		// own
		Sinks.Empty<Void> signal = this.waiting.remove(key);
		if (signal != null) {
			signal.tryEmitEmpty();
		}
	}

	private Mono<Lease> acquire(Lease lease, Duration wait, long deadline) {
		return Mono.defer(lease::take)
			.filter(Boolean::booleanValue)
			.repeatWhenEmpty((attempts) -> attempts.concatMap((attempt) -> pause(lease, wait, deadline, attempt)))
			.thenReturn(lease);
	}

	private Mono<Boolean> pause(Lease lease, Duration wait, long deadline, long attempt) {
		long now = this.threads.nanos();
		long left = deadline - now;
		if (left <= 0) {
			return Mono.error(new LockTimeoutException(lease.key.server(), this.table.location(lease.key), wait));
		}
		// The counter differs from waiter to waiter, and repeats on virtual time
		long doublings = this.told.getAsBoolean() ? MOST_DOUBLINGS
				: Math.min(MOST_DOUBLINGS, Math.max(0, attempt - SHORT_PAUSES));
		long pause = new SplittableRandom(now).nextLong(SHORTEST_PAUSE.toNanos(), LONGEST_PAUSE.toNanos());
		// Most leases are given back with a new record, which the caller looks for by
		// itself. So the lease is not asked for by all waiters in the same moment
		Mono<Void> signal = lease.signal.asMono().then(delay(Math.min(left, pause)));
		return Mono.firstWithSignal(signal, delay(Math.min(left, pause << doublings))).thenReturn(Boolean.TRUE);
	}

	private Mono<Void> delay(long nanos) {
		return Mono.delay(Duration.ofNanos(nanos), this.threads.timer()).then();
	}

	/**
	 * One holding of the lease, from the first attempt to its release. A release waits
	 * for an attempt that is under way: a cancelled attempt may still succeed, and its
	 * lease would belong to no caller.
	 */
	private final class Lease {

		private final GrantKey key;

		private final String owner = UUID.randomUUID().toString();

		private final Disposable.Swap renewal = Disposables.swap();

		private volatile Sinks.Empty<Void> signal = Sinks.empty();

		private CompletableFuture<Boolean> attempt = CompletableFuture.completedFuture(false);

		private boolean released;

		private Lease(GrantKey key) {
			this.key = key;
		}

		private synchronized Mono<Boolean> take() {
			if (this.released) {
				return Mono.never();
			}
			// Before the attempt, or a release right after it would go unnoticed
			this.signal = LeaseLock.this.waiting.computeIfAbsent(this.key, (unused) -> Sinks.empty());
			this.attempt = LeaseLock.this.table.take(this.key, this.owner, LeaseLock.this.time)
				.onErrorMap((ex) -> LeaseLock.this.failures.apply(this.key, ex))
				.toFuture();
			return Mono.fromFuture(this.attempt, true)
				.timeout(ANSWER, Mono.error(() -> new TokenStoreException(this.key.server(),
						"The lock %s of MCP server '%s' could not be asked for: no answer within %d s".formatted(
								LeaseLock.this.table.location(this.key), this.key.server(), ANSWER.toSeconds()),
						null)), LeaseLock.this.threads.timer())
				.doOnNext((taken) -> {
					if (taken) {
						hold();
					}
				});
		}

		private synchronized void hold() {
			if (this.released) {
				return;
			}
			LeaseLock.this.held.put(this.key, this);
			Duration third = LeaseLock.this.time.dividedBy(3);
			// Bounded: work that never ends would keep the lease from all other processes
			this.renewal.update(Flux.interval(third, LeaseLock.this.threads.leases())
				.onBackpressureDrop()
				.takeWhile((tick) -> third.multipliedBy(tick + 1).compareTo(longest()) <= 0)
				.concatMap((tick) -> renew(), 1)
				.takeUntil((held) -> !held)
				.subscribe());
		}

		private Duration longest() {
			Duration most = LeaseLock.this.time.multipliedBy(2);
			return (most.compareTo(LONGEST) > 0) ? most : LONGEST;
		}

		private Mono<Boolean> renew() {
			return LeaseLock.this.table.renew(this.key, this.owner, LeaseLock.this.time).doOnNext((renewed) -> {
				if (!renewed) {
					logger.warn(
							"The lock %s of MCP server '%s' ran out while this process held it; its writes are compared with those of others"
								.formatted(LeaseLock.this.table.location(this.key), this.key.server()));
				}
			}).onErrorResume((ex) -> {
				logger.debug("A lease could not be renewed", ex);
				return Mono.just(true);
			});
		}

		private synchronized Mono<Void> release() {
			this.released = true;
			this.renewal.dispose();
			LeaseLock.this.held.remove(this.key, this);
			CompletableFuture<Void> release = this.attempt.exceptionally((ex) -> false)
				.thenCompose((taken) -> taken ? giveBack() : CompletableFuture.completedFuture(null));
			// A server that is gone must not keep the work's result from its caller
			return this.attempt.isDone()
					? Mono.fromFuture(release, true).timeout(RELEASE, Mono.empty(), LeaseLock.this.threads.timer())
					: Mono.empty();
		}

		private CompletableFuture<@Nullable Void> giveBack() {
			return LeaseLock.this.table.giveBack(this.key, this.owner)
				.doOnSuccess((unused) -> givenBack(this.key))
				.onErrorResume((ex) -> {
					// It runs out by itself
					logger.debug("A lease could not be given back", ex);
					return Mono.empty();
				})
				.toFuture();
		}

	}

}
