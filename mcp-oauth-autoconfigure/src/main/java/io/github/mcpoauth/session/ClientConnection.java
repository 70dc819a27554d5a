// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import reactor.core.publisher.Mono;

/**
 * One client of the MCP library, the handshake it starts with, and the calls on it. The
 * handshake belongs to nobody: a caller that goes away must not leave the others with
 * half of one.
 */
final class ClientConnection {

	private final McpAsyncClient client;

	private final SessionCall handshake = new SessionCall();

	private final CompletableFuture<InitializeResult> initialized = new CompletableFuture<>();

	private final AtomicBoolean started = new AtomicBoolean();

	private final AtomicBoolean closed = new AtomicBoolean();

	private int calls;

	private boolean retired;

	ClientConnection(McpAsyncClient client) {
		this.client = client;
	}

	McpAsyncClient client() {
		return this.client;
	}

	SessionCall handshake() {
		return this.handshake;
	}

	Mono<InitializeResult> ready() {
		return Mono.defer(() -> {
			if (this.started.compareAndSet(false, true)) {
				this.client.initialize()
					.contextWrite(this.handshake::addTo)
					.subscribe(this.initialized::complete, this.initialized::completeExceptionally);
			}
			return Mono.fromFuture(this.initialized, true);
		});
	}

	/**
	 * Whether the handshake has failed, which makes the connection of no use.
	 * @return whether it has
	 */
	boolean isBroken() {
		return this.initialized.isCompletedExceptionally();
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
		if (idle) {
			close().subscribe();
		}
	}

	/**
	 * Close now. A handshake under way is waited for, to end the session it opens.
	 * @return a mono that ends when the server was told, whatever it answered
	 */
	Mono<Void> close() {
		return Mono.defer(() -> {
			synchronized (this) {
				this.retired = true;
			}
			if (!this.closed.compareAndSet(false, true)) {
				return Mono.empty();
			}
			Mono<?> settled = this.started.compareAndSet(false, true) ? Mono.empty()
					: Mono.fromFuture(this.initialized, true);
			return settled.onErrorComplete().then(this.client.closeGracefully()).onErrorComplete();
		});
	}

}
