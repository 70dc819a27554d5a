// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Where a server waits for a person. While it is parked calls are answered without asking
 * it; another token than the one it refused wakes it at once, and now and then one call
 * tries whether it has changed its mind.
 */
final class LoginBarrier {

	private final McpOAuthManager manager;

	private final GrantKey key;

	private final Duration pause;

	private final Clock clock;

	private final AtomicReference<@Nullable Parked> parked = new AtomicReference<>();

	LoginBarrier(McpOAuthManager manager, GrantKey key, Duration pause, Clock clock) {
		this.manager = manager;
		this.key = key;
		this.pause = pause;
		this.clock = clock;
	}

	/**
	 * Park the server, unless the refusal is about one request only.
	 * @param authorization what it refused, {@code null} for a request without a token
	 * @param cause why a person is needed
	 */
	void enter(@Nullable Secret authorization, LoginRequiredException cause) {
		if (!(cause instanceof InsufficientScopeException)) {
			this.parked.set(new Parked(authorization, cause, this.clock.instant()));
		}
	}

	/**
	 * Wake the server.
	 */
	void leave() {
		this.parked.set(null);
	}

	/**
	 * Ask to make a call.
	 * @return a mono that ends when the call may be made, and otherwise fails with what
	 * the server was parked for
	 */
	Mono<Void> admit() {
		return Mono.defer(() -> {
			Parked parked = this.parked.get();
			return (parked != null) ? this.manager.provider(this.key).token().singleOptional().flatMap((token) -> {
				Secret now = token.map(AccessToken::authorizationHeader).map(Secret::of).orElse(null);
				return (parked.isAbout(now) && !mayProbe(parked)) ? Mono.<Void>error(parked.cause())
						: Mono.<Void>empty();
			}) : Mono.empty();
		});
	}

	private boolean mayProbe(Parked parked) {
		Instant now = this.clock.instant();
		return !parked.since().plus(this.pause).isAfter(now)
				&& this.parked.compareAndSet(parked, new Parked(parked.authorization(), parked.cause(), now));
	}

	private record Parked(@Nullable Secret authorization, LoginRequiredException cause, Instant since) {

		boolean isAbout(@Nullable Secret now) {
			return (now != null) ? now.equals(this.authorization) : this.authorization == null;
		}

	}

}
