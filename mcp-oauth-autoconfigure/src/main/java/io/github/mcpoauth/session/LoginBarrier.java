// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Stops the calls to a server that requires a login. While the barrier is up, calls fail
 * without a request. It lets calls pass as soon as the token is another one than the
 * server rejected, and admits one probe each pause in case the server accepts the token
 * again.
 */
final class LoginBarrier {

	private final McpOAuthManager manager;

	private final GrantKey key;

	private final long pause;

	private final LongSupplier nanoTime;

	private final AtomicReference<@Nullable RequiredLogin> barrier = new AtomicReference<>();

	LoginBarrier(McpOAuthManager manager, GrantKey key, Duration pause, LongSupplier nanoTime) {
		this.manager = manager;
		this.key = key;
		this.pause = pause.toNanos();
		this.nanoTime = nanoTime;
	}

	/**
	 * Raise the barrier, unless the rejection is about the scope of one request.
	 * @param authorization the rejected {@code Authorization} header, {@code null} for a
	 * request without one
	 * @param cause the reason for the login
	 */
	void raise(@Nullable Secret authorization, LoginRequiredException cause) {
		if (!(cause instanceof InsufficientScopeException)) {
			this.barrier.set(new RequiredLogin(authorization, cause, this.nanoTime.getAsLong()));
		}
	}

	/**
	 * Lower the barrier.
	 */
	void lower() {
		this.barrier.set(null);
	}

	/**
	 * Ask to make a call.
	 * @return a mono that completes when the call may be made, and otherwise fails with
	 * the reason for the login
	 */
	Mono<Void> admit() {
		return Mono.defer(() -> {
			RequiredLogin login = this.barrier.get();
			return (login != null) ? this.manager.provider(this.key).token().singleOptional().flatMap((token) -> {
				Secret now = token.map(AccessToken::authorizationHeader).map(Secret::of).orElse(null);
				return (login.isAbout(now) && !mayProbe(login)) ? Mono.<Void>error(login.cause()) : Mono.<Void>empty();
			}) : Mono.empty();
		});
	}

	private boolean mayProbe(RequiredLogin login) {
		long now = this.nanoTime.getAsLong();
		// Of several callers after the pause, the one that restarts it is the probe. It
		// holds nothing: if it reports no result, the next pause admits another
		return now - login.since() >= this.pause
				&& this.barrier.compareAndSet(login, new RequiredLogin(login.authorization(), login.cause(), now));
	}

	private record RequiredLogin(@Nullable Secret authorization, LoginRequiredException cause, long since) {

		boolean isAbout(@Nullable Secret now) {
			return (now != null) ? now.equals(this.authorization) : this.authorization == null;
		}

	}

}
