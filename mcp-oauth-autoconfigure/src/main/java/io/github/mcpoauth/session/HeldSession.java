// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.github.mcpoauth.GrantKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;

/**
 * What a client takes for one session, while the session the server knows may be another
 * by now.
 */
final class HeldSession {

	/**
	 * A stream that lasted this long ended for a reason of its own.
	 */
	private static final Duration CALM = Duration.ofSeconds(60);

	private static final int MOST_HASTE = 7;

	private final GrantKey owner;

	private final ClientRequest initialize;

	private volatile Incarnation current;

	private long listened;

	private int haste;

	private boolean ended;

	private @Nullable CompletableFuture<Incarnation> rebuilding;

	HeldSession(GrantKey owner, ClientRequest initialize, @Nullable String id) {
		this.owner = owner;
		this.initialize = initialize;
		this.current = new Incarnation(id, null);
	}

	/**
	 * Whose grant it was opened with, the only one it may be used with.
	 * @return the key
	 */
	GrantKey owner() {
		return this.owner;
	}

	/**
	 * The request that opened the session, to open the next one with.
	 * @return the request
	 */
	ClientRequest initialize() {
		return this.initialize;
	}

	Incarnation current() {
		return this.current;
	}

	/**
	 * Replace a session that the server has forgotten. All callers that lost the same one
	 * share one handshake, which belongs to none of them.
	 * @param lost the session a request was sent on
	 * @param handshake opens the next session
	 * @return a mono with the session to use now
	 */
	Mono<Incarnation> rebuild(Incarnation lost, Handshake handshake) {
		return Mono.defer(() -> {
			CompletableFuture<Incarnation> flight;
			boolean start = false;
			synchronized (this) {
				if (this.current != lost) {
					return Mono.just(this.current);
				}
				if (this.rebuilding == null) {
					this.rebuilding = new CompletableFuture<>();
					start = true;
				}
				flight = this.rebuilding;
			}
			if (start) {
				handshake.open().subscribe((next) -> {
					if (!rebuilt(lost, next, flight)) {
						handshake.abandon(next).subscribe();
					}
				}, (failure) -> failed(failure, flight));
			}
			return Mono.fromFuture(flight, true);
		});
	}

	/**
	 * Hold a client back that listens again and again to a stream that ends at once.
	 * @return a mono that ends when it may listen
	 */
	Mono<Void> brake() {
		return Mono.defer(() -> {
			long now = System.nanoTime();
			long pause = 0;
			synchronized (this) {
				boolean hasty = this.listened != 0 && now - this.listened < CALM.toNanos();
				this.haste = hasty ? Math.min(this.haste + 1, MOST_HASTE) : 0;
				this.listened = now;
				pause = (this.haste > 1) ? 1L << (this.haste - 2) : 0;
			}
			return (pause > 0) ? Mono.delay(Duration.ofSeconds(pause)).then() : Mono.empty();
		});
	}

	/**
	 * End the session for good.
	 * @return what the server knows it as
	 */
	Incarnation end() {
		synchronized (this) {
			this.ended = true;
			return this.current;
		}
	}

	private boolean rebuilt(Incarnation lost, Incarnation next, CompletableFuture<Incarnation> flight) {
		boolean wanted;
		synchronized (this) {
			wanted = !this.ended;
			this.rebuilding = null;
			if (wanted) {
				this.current = next;
			}
		}
		if (wanted) {
			flight.complete(next);
			lost.successor().complete(next);
		}
		else {
			flight.completeExceptionally(new IllegalStateException("The session was closed meanwhile"));
		}
		return wanted;
	}

	private void failed(Throwable failure, CompletableFuture<Incarnation> flight) {
		synchronized (this) {
			this.rebuilding = null;
		}
		flight.completeExceptionally(failure);
	}

	/**
	 * A session as the server knows it.
	 */
	static final class Incarnation {

		private final @Nullable String id;

		private final @Nullable String protocolVersion;

		private final CompletableFuture<Incarnation> successor = new CompletableFuture<>();

		Incarnation(@Nullable String id, @Nullable String protocolVersion) {
			this.id = id;
			this.protocolVersion = protocolVersion;
		}

		/**
		 * Its id.
		 * @return the id, {@code null} if the server works without sessions by now
		 */
		@Nullable String id() {
			return this.id;
		}

		/**
		 * The version agreed on.
		 * @return the version, {@code null} for what the client agreed on itself
		 */
		@Nullable String protocolVersion() {
			return this.protocolVersion;
		}

		/**
		 * The session that replaces this one.
		 * @return completes when there is one
		 */
		CompletableFuture<Incarnation> successor() {
			return this.successor;
		}

	}

}
