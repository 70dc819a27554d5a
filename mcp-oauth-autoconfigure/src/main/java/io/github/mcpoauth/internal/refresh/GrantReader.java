// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Reads the record of one grant, and knows whether what was read is what is stored. Who
 * wants it read while it is being read gets the same answer.
 */
final class GrantReader {

	private static final Log logger = LogFactory.getLog(GrantReader.class);

	/**
	 * How often a caller that joined somebody else's look at the store looks again
	 * itself.
	 */
	private static final int LOOKS = 3;

	private final GrantKey key;

	private final TokenStore store;

	private final ProviderState state;

	private final RefreshSettings settings;

	private final Clock clock;

	private final SharedRead look = new SharedRead();

	private final SharedRead settledLook = new SharedRead();

	private final long sharedNanos;

	private volatile long lookedAt;

	GrantReader(GrantKey key, TokenStore store, ProviderState state, RefreshSettings settings, Clock clock) {
		this.key = key;
		this.store = store;
		this.state = state;
		this.settings = settings;
		this.clock = clock;
		this.sharedNanos = settings.freshnessCheck().toNanos();
		lookAgain();
	}

	/**
	 * Whether a view is what is stored, as far as can be told without reading.
	 * @param view the view
	 * @return {@code true} if it need not be read
	 */
	boolean isCurrent(CachedGrant view) {
		long now = System.nanoTime();
		if (now - this.lookedAt < this.sharedNanos) {
			return true;
		}
		if (this.store.isCurrent(this.key, view.stamp())) {
			this.lookedAt = now;
			return true;
		}
		return false;
	}

	/**
	 * What is stored, read if it may have changed.
	 * @return a mono with the view
	 */
	Mono<CachedGrant> current() {
		return Mono.defer(() -> {
			CachedGrant view = this.state.view();
			return (view != null && isCurrent(view)) ? Mono.just(view) : look();
		});
	}

	/**
	 * What is stored, read in any case.
	 * @return a mono with the view
	 */
	Mono<CachedGrant> look() {
		return look(LOOKS).timeout(this.settings.recoveryTimeout())
			.onErrorMap(TimeoutException.class, (ex) -> new TransientAuthorizationException(this.key.server(),
					"the token store does not answer", null, ex));
	}

	/**
	 * Who joins a read that is under way may have come after it passed the change they
	 * know of, and so looks again.
	 */
	private Mono<CachedGrant> look(int looks) {
		return this.look.join(read(), (view) -> (looks == 0 || this.store.isCurrent(this.key, view.stamp()))
				? Mono.just(view) : look(looks - 1));
	}

	/**
	 * What is stored when no process is about to replace it.
	 * @return a mono with the view
	 */
	Mono<CachedGrant> settled() {
		return this.settledLook.join(Mono.defer(() -> this.store.locked(this.key, this.settings.lockTimeout(), read())),
				Mono::just);
	}

	private Mono<CachedGrant> read() {
		return Mono.defer(() -> {
			long started = System.nanoTime();
			long writes = this.state.writes();
			return this.store.load(this.key).map((stored) -> {
				CachedGrant view = this.state.loaded(stored, writes);
				this.lookedAt = started;
				return view;
			});
		}).onErrorResume(TokenStoreException.class, (ex) -> {
			this.state.storeFailed(ex);
			CachedGrant view = this.state.view();
			if (view == null || view.token() == null || view.isExpired(this.clock.millis())) {
				return Mono.error(ex);
			}
			logger.warn(LogMessage.format("The token of MCP server '%s' is used from memory: %s", this.key,
					ex.getMessage()));
			return Mono.just(view);
		});
	}

	/**
	 * Have the next one who asks look, however short a time ago somebody did.
	 */
	void lookAgain() {
		this.lookedAt = System.nanoTime() - this.sharedNanos;
	}

	/**
	 * When somebody last looked.
	 * @return a reading of the nanosecond clock
	 */
	long lookedAt() {
		return this.lookedAt;
	}

	boolean isReading() {
		return this.look.isUnderWay();
	}

	/**
	 * A read that is under way at most once.
	 */
	private static final class SharedRead {

		private final AtomicReference<@Nullable CompletableFuture<CachedGrant>> underWay = new AtomicReference<>();

		/**
		 * Take part in the read under way, or start one.
		 * @param read how to read
		 * @param joined what to make of the answer to somebody else
		 * @return a mono with the answer; the read goes on when it is cancelled
		 */
		Mono<CachedGrant> join(Mono<CachedGrant> read, Function<CachedGrant, Mono<CachedGrant>> joined) {
			return Mono.defer(() -> {
				CompletableFuture<CachedGrant> mine = new CompletableFuture<>();
				CompletableFuture<CachedGrant> theirs = this.underWay.compareAndExchange(null, mine);
				if (theirs != null) {
					return Mono.fromFuture(theirs, true).flatMap(joined);
				}
				read.subscribe((view) -> {
					this.underWay.set(null);
					mine.complete(view);
				}, (ex) -> {
					this.underWay.set(null);
					mine.completeExceptionally(ex);
				});
				return Mono.fromFuture(mine, true);
			});
		}

		boolean isUnderWay() {
			return this.underWay.get() != null;
		}

	}

}
