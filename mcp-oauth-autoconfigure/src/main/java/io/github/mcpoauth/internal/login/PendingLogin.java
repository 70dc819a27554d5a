// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * A login that waits for something to happen.
 */
abstract class PendingLogin implements Login {

	final McpServer server;

	final LoginProgress progress;

	private final String id;

	private final Mono<ServerStatus> status;

	/**
	 * Create a login that nothing has happened to.
	 * @param id its id
	 * @param server the server
	 * @param status the state of the server once the login is over
	 */
	PendingLogin(String id, McpServer server, Mono<ServerStatus> status) {
		this.id = id;
		this.server = server;
		this.status = status;
		this.progress = new LoginProgress(id, server, this::farewell);
	}

	/**
	 * The login is over, and nobody who waits for it knows yet. Called on a thread that
	 * may block.
	 * @param failure why it failed, {@code null} if it did not
	 */
	void farewell(@Nullable McpOAuthException failure) {
	}

	@Override
	public final String id() {
		return this.id;
	}

	@Override
	public final String server() {
		return this.server.name();
	}

	@Override
	public final Mono<ServerStatus> completion() {
		return this.progress.end().then(this.status);
	}

	/**
	 * Whether it cannot be answered or cancelled any more.
	 * @return {@code true} once it has ended in one way or another
	 */
	final boolean isOver() {
		return this.progress.isOver();
	}

	/**
	 * The end, right before those who wait for the completion are told.
	 * @return a mono that ends when nothing is left that another login could need
	 */
	final Mono<Void> ended() {
		return this.progress.ended();
	}

	@Override
	public final void cancel() {
		this.progress.cancel();
	}

	final LogMessage message(@Nullable String text) {
		return LogMessage.format("[%s] %s", this.id, text);
	}

}
