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
 * with short pauses, until the grant is stored or another one has taken its place. No
 * request has to come for that.
 */
final class StoreRetry {

	private static final Log logger = LogFactory.getLog(StoreRetry.class);

	/**
	 * The note of the spent token keeps other processes from sending that token again for
	 * half a minute or so. The new one has to be stored by then.
	 */
	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

	private final GrantParts parts;

	private final Runnable stored;

	private final SharedWork<Boolean> work;

	private final AtomicBoolean scheduled = new AtomicBoolean();

	private final AtomicInteger failures = new AtomicInteger();

	/**
	 * Create a retry that does nothing yet.
	 * @param parts the parts of the provider
	 * @param stored called when no grant is left to store
	 */
	StoreRetry(GrantParts parts, Runnable stored) {
		this.parts = parts;
		this.stored = stored;
		RefreshSettings settings = parts.settings();
		this.work = new SharedWork<>("Storing the token of MCP server '%s'".formatted(parts.key()),
				settings.lockTimeout().plus(settings.storeTimeout().multipliedBy(3)), parts.context().threads());
	}

	/**
	 * Whether the newest grant exists in this process only.
	 * @return {@code true} if it must be stored
	 */
	boolean isNeeded() {
		CachedGrant cached = this.parts.state().cached();
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
				this.parts.context().threads().timer().schedule(this::runScheduled, pause, TimeUnit.MILLISECONDS);
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
		long first = this.parts.settings().pauses().first().toMillis();
		long longest = Math.min(LONGEST_PAUSE.toMillis(), this.parts.settings().pauses().longest().toMillis());
		return Duration.ofMillis(Math.min(longest, first << Math.min(this.failures.get(), 20)));
	}

	/**
	 * Try now. Callers at the same time share one try.
	 * @return a mono that tells whether no grant is left to store; it does not fail
	 */
	Mono<Boolean> now() {
		return this.work.join(() -> once().subscribeOn(this.parts.context().threads().blocking()))
			.onErrorResume((ex) -> {
				this.failures.incrementAndGet();
				logger.debug(LogMessage.format("The token of MCP server '%s' is still not stored: %s", this.parts.key(),
						ex.getMessage()));
				return Mono.just(false);
			});
	}

	private Mono<Boolean> once() {
		return Mono.defer(() -> {
			if (!isNeeded()) {
				return Mono.just(true);
			}
			return this.parts.store()
				.locked(this.parts.key(), this.parts.settings().lockTimeout(), Mono.defer(this::underLock));
		}).doOnNext((success) -> {
			if (success) {
				this.failures.set(0);
				this.stored.run();
			}
		}).doOnError(TokenStoreException.class, this.parts.state()::storeFailed);
	}

	private Mono<Boolean> underLock() {
		return this.parts.calls().load().flatMap((stored) -> {
			CachedGrant cached = this.parts.state().loadedUnderLock(stored);
			return cached.isPersisted() ? Mono.just(true) : store(this.parts, cached, stored).thenReturn(true);
		});
	}

	/**
	 * Store a grant over the record that it descends from. To be called under the lock.
	 * @param parts the parts of the provider
	 * @param cached the grant in memory, which is not stored
	 * @param stored the record, which has the tokens that were spent
	 * @return a mono with the record as stored. Fails with {@link TokenStoreException}
	 */
	static Mono<StoredGrant> store(GrantParts parts, CachedGrant cached, StoredGrant stored) {
		Grant unstored = cached.grant();
		if (unstored == null) {
			return Mono.just(stored);
		}
		Grant next = above(stored.grant(), unstored);
		StoreCalls store = parts.calls();
		return store.save(next, stored.grant()).flatMap((saved) -> {
			parts.state().written(saved);
			logger.info("The token of MCP server '%s' is stored now".formatted(parts.key().server()));
			return store.withdrawSpending().thenReturn(saved);
		});
	}

	/**
	 * Give a grant a generation above that of the record. The record may have been
	 * rewritten with the same tokens since it was read, which can raise its generation.
	 * @param stored the grant of the record, {@code null} if absent
	 * @param next the grant to store over it
	 * @return the grant with its generation
	 */
	static Grant above(@Nullable Grant stored, Grant next) {
		long generation = (stored != null) ? Math.max(next.generation(), stored.generation() + 1) : next.generation();
		return next.mutate().generation(generation).build();
	}

}
