// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.internal.work.SharedWork;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Reads the record of one grant, and tells whether the grant in memory is the stored one.
 * Callers at the same time share one read.
 */
final class GrantReader {

	private static final Log logger = LogFactory.getLog(GrantReader.class);

	/**
	 * How often a caller that joined the read of another caller reads again itself.
	 */
	private static final int READS = 3;

	private final GrantParts parts;

	private final TokenStore store;

	private final StoreCalls calls;

	private final ProviderState state;

	private final SharedWork<CachedGrant> read;

	private final SharedWork<CachedGrant> lockedRead;

	private final long sharedNanos;

	private final Time time;

	// A write that is lost in a race costs one look at the store
	private volatile long lookedAt;

	private volatile long readAt;

	GrantReader(GrantParts parts) {
		this.parts = parts;
		this.store = parts.store();
		this.calls = parts.calls();
		this.state = parts.state();
		RefreshSettings settings = parts.settings();
		WorkThreads threads = parts.context().threads();
		this.read = new SharedWork<>("Reading the record of '%s'".formatted(parts.key()), settings.recoveryTimeout(),
				threads);
		this.lockedRead = new SharedWork<>("Reading the record of '%s'".formatted(parts.key()),
				settings.lockTimeout().plus(settings.storeTimeout()), threads);
		this.time = parts.context().time();
		this.readAt = this.time.nanos();
		this.sharedNanos = settings.freshnessCheck().toNanos();
		lookAgain();
	}

	/**
	 * Whether a cached grant is the stored one, as far as can be told without reading.
	 * @param cached the cached grant
	 * @return {@code true} if it need not be read
	 */
	boolean isCurrent(CachedGrant cached) {
		long now = this.time.nanos();
		if (now - this.lookedAt < this.sharedNanos) {
			return true;
		}
		if (this.store.isCurrent(this.parts.key(), cached.stamp())) {
			this.lookedAt = now;
			return true;
		}
		return false;
	}

	/**
	 * Read the record if it may have changed.
	 * @return a mono with the grant to use now
	 */
	Mono<CachedGrant> current() {
		return Mono.defer(() -> {
			CachedGrant cached = this.state.cached();
			return (cached != null && isCurrent(cached)) ? Mono.just(cached) : look();
		});
	}

	/**
	 * Read the record in any case.
	 * @return a mono with the grant to use now. It fails with
	 * {@link TransientAuthorizationException} when the store does not answer in time and
	 * no token in memory can be used
	 */
	Mono<CachedGrant> look() {
		return look(READS).onErrorResume(TimeoutException.class, (ex) -> {
			String server = this.parts.key().server();
			return fromMemory(new TokenStoreException(server, "The token store does not answer", ex),
					new TransientAuthorizationException(server, "the token store does not answer", null, ex));
		});
	}

	/**
	 * A caller that joins a read under way may know of a change that the read has missed,
	 * so it compares the result and reads again.
	 */
	private Mono<CachedGrant> look(int reads) {
		return Mono.defer(() -> {
			Mono<CachedGrant> underWay = this.read.current();
			// If a read begins between these two lines, it sees all that this caller
			// knows of
			return (underWay != null) ? underWay.flatMap((cached) -> compared(cached, reads))
					: this.read.join(this::read);
		});
	}

	private Mono<CachedGrant> compared(CachedGrant cached, int reads) {
		return (reads == 0 || this.store.isCurrent(this.parts.key(), cached.stamp())) ? Mono.just(cached)
				: look(reads - 1);
	}

	/**
	 * Read the record while no process is about to replace it.
	 * @return a mono with the grant to use now. It fails with {@link TokenStoreException}
	 * when the store cannot be locked or read, even if a token in memory can be used
	 */
	Mono<CachedGrant> readLocked() {
		return this.lockedRead
			.join(() -> this.store.locked(this.parts.key(), this.parts.settings().lockTimeout(), load()));
	}

	private Mono<CachedGrant> read() {
		return load().onErrorResume(TokenStoreException.class, (ex) -> fromMemory(ex, ex));
	}

	private Mono<CachedGrant> load() {
		return Mono.defer(() -> {
			long started = this.time.nanos();
			long writes = this.state.memory().writes();
			return this.calls.load().map((stored) -> {
				CachedGrant newer = this.state.cached();
				// An answer that comes after the deadline of its read may be older than
				// the grant that a later read brought
				if (newer != null && started - this.readAt < 0) {
					return newer;
				}
				CachedGrant cached = this.state.loaded(stored, writes);
				this.readAt = started;
				this.lookedAt = started;
				return cached;
			});
		});
	}

	/**
	 * Go on with the token in memory while the store cannot be read.
	 * @param trouble the failure of the store
	 * @param error the failure of the caller, if no token in memory can be used
	 */
	private Mono<CachedGrant> fromMemory(TokenStoreException trouble, RuntimeException error) {
		this.state.storeFailed(trouble);
		CachedGrant cached = this.state.cached();
		if (cached == null || cached.token() == null || cached.isExpired(this.parts.millis())) {
			return Mono.error(error);
		}
		logger.warn(LogMessage.format("The token of MCP server '%s' is used from memory: %s", this.parts.key(),
				trouble.getMessage()));
		return Mono.just(cached);
	}

	/**
	 * Make the next caller look at the store, however short a time ago another one did.
	 */
	void lookAgain() {
		this.lookedAt = this.time.nanos() - this.sharedNanos;
	}

	/**
	 * The time of the last look at the store.
	 * @return a reading of the counter
	 */
	long lookedAt() {
		return this.lookedAt;
	}

	boolean isReading() {
		return this.read.current() != null;
	}

}
