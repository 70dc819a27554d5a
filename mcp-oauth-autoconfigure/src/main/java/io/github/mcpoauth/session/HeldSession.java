// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.work.SharedWork;
import io.github.mcpoauth.internal.work.WorkThreads;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.ClientRequest;

/**
 * A session as the client knows it. The client keeps one session id for it, while the
 * server may have forgotten that session and replaced it several times.
 */
final class HeldSession {

	private final GrantKey owner;

	private final ClientRequest initialize;

	private final WorkThreads threads;

	private final SharedWork<ServerSession> rebuilding;

	private CompletableFuture<Void> recovery = new CompletableFuture<>();

	// Written under the monitor with a look at the session that it replaces. Read without
	// it: a caller that still sees the lost session joins its rebuilding
	private volatile ServerSession current;

	private final ListeningPauses pauses;

	private CompletableFuture<Void> listening = new CompletableFuture<>();

	private CompletableFuture<Void> silence = new CompletableFuture<>();

	private boolean ended;

	/**
	 * Create a session that the client has just opened.
	 * @param owner the grant that opened it
	 * @param initialize the request that opened it
	 * @param id the id that the server gave it
	 * @param patience how long a caller waits for a new session
	 * @param threads run the deadlines
	 */
	HeldSession(GrantKey owner, ClientRequest initialize, String id, Duration patience, WorkThreads threads) {
		this.owner = owner;
		this.initialize = initialize;
		this.threads = threads;
		this.pauses = new ListeningPauses(threads);
		this.current = new ServerSession(id, null);
		// Shorter than the patience of its waiters, so that the last of them still
		// hears of the end and the next call starts anew
		this.rebuilding = new SharedWork<>("The handshake for a new session", patience.multipliedBy(9).dividedBy(10),
				threads);
	}

	/**
	 * The grant that opened the session, the only one it may be used with.
	 * @return the key
	 */
	GrantKey owner() {
		return this.owner;
	}

	/**
	 * The request that opened the session. It opens the next one as well.
	 * @return the request
	 */
	ClientRequest initialize() {
		return this.initialize;
	}

	ServerSession current() {
		return this.current;
	}

	/**
	 * Replace a session that the server has forgotten. All callers that lost the same
	 * session share one handshake, which belongs to no caller and ends by itself.
	 * @param lost the session a request was sent on
	 * @param handshake opens the next session
	 * @return a mono with the session to use now. It fails as the handshake does, and
	 * with {@link TimeoutException} when that does not end
	 */
	Mono<ServerSession> rebuild(ServerSession lost, Handshake handshake) {
		return Mono.defer(() -> {
			ServerSession now = this.current;
			if (now != lost) {
				return Mono.just(now);
			}
			return this.rebuilding.join(() -> open(lost, handshake))
				.onErrorResume(TimeoutException.class, this.threads::deliver)
				// A run that was about to end may have opened the very session that was
				// lost since
				.flatMap((next) -> (next != lost) ? Mono.just(next) : rebuild(lost, handshake));
		});
	}

	private Mono<ServerSession> open(ServerSession lost, Handshake handshake) {
		ServerSession now = this.current;
		if (now != lost) {
			// The previous run ended after the caller had looked
			return Mono.just(now);
		}
		return handshake.open()
			.switchIfEmpty(Mono.error(() -> new IllegalStateException("The handshake ended without a session")))
			.map((next) -> {
				if (adopt(lost, next)) {
					return next;
				}
				handshake.abandon(next).subscribe();
				return present();
			});
	}

	private synchronized ServerSession present() {
		Assert.state(!this.ended, "The session was closed meanwhile");
		return this.current;
	}

	/**
	 * Use a new session, unless the client has ended the session or a handshake that was
	 * given up has succeeded after another one.
	 */
	private boolean adopt(ServerSession lost, ServerSession next) {
		synchronized (this) {
			if (this.ended || this.current != lost) {
				return false;
			}
			this.current = next;
		}
		// After the new session is visible: a stream that wakes up listens to that one
		lost.successor().complete(next);
		return true;
	}

	/**
	 * Note that a token was rejected and replaced, so that requests that were rejected
	 * with it may succeed now.
	 */
	void recovered() {
		CompletableFuture<Void> recovered;
		synchronized (this) {
			recovered = this.recovery;
			this.recovery = new CompletableFuture<>();
		}
		// Outside of the lock: a stream that wakes up sends its request at once
		recovered.complete(null);
	}

	/**
	 * The next time a rejected token is replaced.
	 * @return a future that completes then
	 */
	synchronized CompletableFuture<Void> nextRecovery() {
		return this.recovery;
	}

	/**
	 * Wait before listening to an event stream, longer each time if the streams end soon
	 * after they were opened.
	 * @return a mono that completes when the client may listen
	 */
	Mono<Void> pauseBeforeListening() {
		return this.pauses.next();
	}

	/**
	 * Note that the event stream is open.
	 */
	synchronized void streamOpened() {
		if (this.silence.isDone()) {
			this.silence = new CompletableFuture<>();
		}
		this.listening.complete(null);
	}

	/**
	 * Note that the event stream has ended or could not be opened.
	 */
	void streamFellSilent() {
		CompletableFuture<Void> begun;
		CompletableFuture<Void> silent;
		synchronized (this) {
			begun = this.listening;
			silent = this.silence;
		}
		// Outside of the lock: the listeners act at once
		begun.complete(null);
		silent.complete(null);
	}

	/**
	 * Note that the server has no event stream.
	 */
	void streamRefused() {
		listening().complete(null);
	}

	synchronized boolean isSilent() {
		return this.silence.isDone();
	}

	/**
	 * When the event stream is open, or cannot be opened.
	 * @return a future that completes then
	 */
	synchronized CompletableFuture<Void> listening() {
		return this.listening;
	}

	/**
	 * When changes are not heard any more, because the session is lost or its event
	 * stream is silent.
	 * @return a mono that completes then
	 */
	Mono<Void> lost() {
		return Mono.defer(() -> {
			CompletableFuture<Void> silent;
			synchronized (this) {
				silent = this.silence;
			}
			return Mono.firstWithSignal(Mono.fromFuture(this.current.successor(), true).then(),
					Mono.fromFuture(silent, true));
		});
	}

	/**
	 * Open the event stream again if it is silent.
	 */
	void listenAgain() {
		synchronized (this) {
			if (!this.silence.isDone()) {
				return;
			}
			this.silence = new CompletableFuture<>();
			this.listening = new CompletableFuture<>();
		}
		recovered();
	}

	/**
	 * End the session for good.
	 * @return the session to end at the server
	 */
	ServerSession end() {
		synchronized (this) {
			// A handshake under way sees this and ends its session instead of using it
			this.ended = true;
			return this.current;
		}
	}

	/**
	 * A session as the server knows it.
	 */
	static final class ServerSession {

		private final @Nullable String id;

		private final @Nullable String protocolVersion;

		private final CompletableFuture<ServerSession> successor = new CompletableFuture<>();

		ServerSession(@Nullable String id, @Nullable String protocolVersion) {
			this.id = id;
			this.protocolVersion = protocolVersion;
		}

		/**
		 * The id of the session.
		 * @return the id, {@code null} if the server works without sessions by now
		 */
		@Nullable String id() {
			return this.id;
		}

		/**
		 * The protocol version of the handshake.
		 * @return the version, {@code null} for the one that the client negotiated itself
		 */
		@Nullable String protocolVersion() {
			return this.protocolVersion;
		}

		/**
		 * The session that replaces this one.
		 * @return completes when there is one
		 */
		CompletableFuture<ServerSession> successor() {
			return this.successor;
		}

	}

}
