// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.EOFException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.internal.work.SharedWork;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One client of the MCP library, its handshake and the calls on it. The handshake belongs
 * to no caller, so a caller that goes away leaves it running for the others.
 */
final class ClientConnection {

	private final ServerClient client;

	private final SessionCall handshake = new SessionCall();

	private final SharedWork<InitializeResult> initializing;

	private final CompletableFuture<InitializeResult> initialized = new CompletableFuture<>();

	private final AtomicBoolean started = new AtomicBoolean();

	private final AtomicBoolean closed = new AtomicBoolean();

	private final WorkThreads threads;

	private final Sinks.Empty<Void> ending = Sinks.empty();

	private int calls;

	private boolean retired;

	/**
	 * Create a connection.
	 * @param client the client, not connected yet
	 * @param deadline how long its handshake may take
	 * @param threads run the deadline
	 */
	ClientConnection(ServerClient client, Duration deadline, WorkThreads threads) {
		this.client = client;
		this.threads = threads;
		// The client has a timeout of its own, which comes first and lets it clean up
		this.initializing = new SharedWork<>("The handshake", deadline.multipliedBy(11).dividedBy(10), threads,
				(opened, failure) -> endLate(opened));
	}

	ServerClient client() {
		return this.client;
	}

	SessionCall handshake() {
		return this.handshake;
	}

	/**
	 * Connect, or wait until another caller has connected.
	 * @return a mono with the answer of the server. It always ends
	 */
	Mono<InitializeResult> ready() {
		return Mono.defer(() -> {
			// One caller connects, the others wait for the same result
			if (this.started.compareAndSet(false, true)) {
				this.initializing.join(() -> this.client.connect().contextWrite(this.handshake::addTo))
					.onErrorResume(TimeoutException.class, this.threads::deliver)
					.subscribe(this.initialized::complete, this.initialized::completeExceptionally,
							() -> this.initialized
								.completeExceptionally(new EOFException("The handshake ended without an answer")));
			}
			return Mono.fromFuture(this.initialized, true);
		});
	}

	/**
	 * A session that opens after the handshake was given up has no user.
	 */
	private void endLate(@Nullable InitializeResult opened) {
		if (opened != null) {
			this.client.close().onErrorComplete().subscribe();
		}
	}

	/**
	 * Whether the handshake has failed, so that the connection cannot be used.
	 * @return whether it has
	 */
	boolean isBroken() {
		return this.initialized.isCompletedExceptionally();
	}

	/**
	 * When the connection takes no more calls.
	 * @return a mono that completes then
	 */
	Mono<Void> ending() {
		return this.ending.asMono();
	}

	/**
	 * Start a call.
	 * @return {@code false} if the connection takes no more calls
	 */
	synchronized boolean enter() {
		if (this.retired) {
			return false;
		}
		this.calls++;
		return true;
	}

	/**
	 * End a call.
	 */
	void leave() {
		boolean last;
		synchronized (this) {
			this.calls--;
			last = this.retired && this.calls == 0;
		}
		if (last) {
			close().subscribe();
		}
	}

	/**
	 * Take no more calls, and close when the last one has ended.
	 */
	void retire() {
		boolean idle;
		synchronized (this) {
			this.retired = true;
			idle = this.calls == 0;
		}
		// A listener has no end of its own, and the connection would be kept for it. The
		// first signal counts
		this.ending.tryEmitEmpty();
		if (idle) {
			close().subscribe();
		}
	}

	/**
	 * Close now. Waits for a handshake under way and ends the session that it opens.
	 * @return a mono that completes after the server was told, with any answer
	 */
	Mono<Void> close() {
		return Mono.defer(() -> {
			synchronized (this) {
				this.retired = true;
			}
			this.ending.tryEmitEmpty();
			// The session is deleted once: the server would answer a second DELETE with
			// an error
			if (!this.closed.compareAndSet(false, true)) {
				return Mono.empty();
			}
			// No handshake may start from now on, because it would open a session after
			// the close. One that runs is awaited: its session has to be ended too
			Mono<?> settled = this.started.compareAndSet(false, true) ? Mono.empty()
					: Mono.fromFuture(this.initialized, true);
			return settled.onErrorComplete().then(this.client.close()).onErrorComplete();
		});
	}

}
