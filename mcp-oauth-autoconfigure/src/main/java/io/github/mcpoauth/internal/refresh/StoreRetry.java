// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.work.SharedWork;
import io.github.mcpoauth.store.StoredGrant;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Stores a grant that could not be stored when it was issued. It tries again by itself,
 * with growing pauses, until the grant is stored or another one has taken its place. No
 * request has to come for that.
 */
final class StoreRetry {

	private static final Log logger = LogFactory.getLog(StoreRetry.class);

	private final RenewableGrant grant;

	private final Runnable stored;

	private final SharedWork<Boolean> work;

	private final AtomicBoolean scheduled = new AtomicBoolean();

	private final AtomicInteger failures = new AtomicInteger();

	/**
	 * Create a retry that does nothing yet.
	 * @param grant the grant
	 * @param stored called when no grant is left to store
	 */
	StoreRetry(RenewableGrant grant, Runnable stored) {
		this.grant = grant;
		this.stored = stored;
		RefreshSettings settings = grant.settings();
		this.work = new SharedWork<>("Storing the token of MCP server '%s'".formatted(grant.key()),
				settings.lockTimeout().plus(settings.storeTimeout().multipliedBy(3)), grant.context().threads());
	}

	/**
	 * Whether the newest grant exists in this process only.
	 * @return {@code true} if it must be stored
	 */
	boolean isNeeded() {
		CachedGrant cached = this.grant.state().cached();
		return cached != null && !cached.isPersisted();
	}

	/**
	 * Try again after a pause, and again until it succeeds.
	 */
	void schedule() {
		// One timer for each grant, however often its storing fails
		if (isNeeded() && this.scheduled.compareAndSet(false, true)) {
			long pause = pause().toMillis();
			try {
				this.grant.context().threads().timer().schedule(this::runScheduled, pause, TimeUnit.MILLISECONDS);
			}
			catch (RejectedExecutionException ex) {
				// The manager is closed, which has tried for the last time
				this.scheduled.set(false);
			}
		}
	}

	private void runScheduled() {
		now().subscribe((success) -> {
			this.scheduled.set(false);
			schedule();
		});
	}

	private Duration pause() {
		long first = this.grant.settings().pauses().first().toMillis();
		long longest = this.grant.settings().pauses().longest().toMillis();
		return Duration.ofMillis(Math.min(longest, first << Math.min(this.failures.get(), 20)));
	}

	/**
	 * Try now. Callers at the same time share one try.
	 * @return a mono that tells whether no grant is left to store; it does not fail
	 */
	Mono<Boolean> now() {
		return this.work.join(() -> once().subscribeOn(this.grant.context().threads().blocking()))
			.onErrorResume((ex) -> {
				this.failures.incrementAndGet();
				logger.debug(LogMessage.format("The token of MCP server '%s' is still not stored: %s", this.grant.key(),
						ex.getMessage()));
				return Mono.just(false);
			});
	}

	private Mono<Boolean> once() {
		return Mono.defer(() -> {
			if (!isNeeded()) {
				return Mono.just(true);
			}
			return this.grant.store()
				.locked(this.grant.key(), this.grant.settings().lockTimeout(), Mono.defer(this::underLock));
		}).doOnNext((success) -> {
			if (success) {
				this.failures.set(0);
				this.stored.run();
			}
		}).doOnError(TokenStoreException.class, this.grant.state()::storeFailed);
	}

	private Mono<Boolean> underLock() {
		return this.grant.calls().load().flatMap((stored) -> {
			CachedGrant cached = this.grant.state().loadedUnderLock(stored);
			return cached.isPersisted() ? Mono.just(true) : store(this.grant, cached, stored).thenReturn(true);
		});
	}

	/**
	 * Store a grant over the record that it descends from. To be called under the lock.
	 * @param grant the grant
	 * @param cached the grant in memory, which is not stored
	 * @param stored the record, which has the tokens that were spent
	 * @return a mono with the record as stored. Fails with {@link TokenStoreException}
	 */
	static Mono<StoredGrant> store(RenewableGrant grant, CachedGrant cached, StoredGrant stored) {
		Grant unstored = cached.grant();
		if (unstored == null) {
			return Mono.just(stored);
		}
		// The record may have been rewritten with the same tokens since, which raises its
		// generation
		long generation = Math.max(unstored.generation(), above(stored.grant()));
		Grant next = unstored.mutate().generation(generation).build();
		StoreCalls store = grant.calls();
		return store.save(next, stored.grant()).flatMap((saved) -> {
			grant.state().written(saved);
			logger.info("The token of MCP server '%s' is stored now".formatted(grant.key().server()));
			return store.withdrawSpending().thenReturn(saved);
		});
	}

	private static long above(@Nullable Grant stored) {
		return (stored != null) ? stored.generation() + 1 : 0;
	}

}
