// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Clock;
import java.time.Duration;
import java.util.function.BooleanSupplier;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpCallException.Reason;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Stands before the calls to one server. It lets none through while the server waits for
 * a person or is left alone after failures, and says what a failure means.
 */
public final class CallGuard {

	private static final String LEFT_ALONE = """
			MCP server '%s' is left alone for %d s after %d failures in a row. The last one: %s. \
			Do NOT retry this tool before that: go on without it, or tell the user""";

	private final McpOAuthManager manager;

	private final GrantKey key;

	private final CircuitBreaker breaker;

	private final LoginBarrier parking;

	/**
	 * Create a guard.
	 * @param manager knows whether the grant has changed
	 * @param key the grant that calls are made with
	 * @param settings when the server is left alone, and for how long
	 * @param clock what time it is
	 */
	public CallGuard(McpOAuthManager manager, GrantKey key, SessionSettings settings, Clock clock) {
		this.manager = manager;
		this.key = key;
		this.breaker = new CircuitBreaker(settings.breakerFailures(), settings.breakerPause(), clock);
		this.parking = new LoginBarrier(manager, key, settings.breakerPause(), clock);
	}

	/**
	 * Ask to make a call. Whoever may make it must say how it ended, by
	 * {@link #succeeded()}, {@link #failed(Throwable, boolean)} or {@link #undecided()}.
	 * @return a mono that ends when the call may be made. It fails with
	 * {@link LoginRequiredException} and {@link McpCallException}, and then nothing is to
	 * be said
	 */
	public Mono<Void> admit() {
		return Mono.defer(() -> {
			CircuitBreaker.Refusal refusal = this.breaker.tryCall();
			return (refusal != null) ? Mono.error(leftAlone(refusal))
					: this.parking.admit().doOnError((ex) -> this.breaker.undecided()).doOnCancel(this::undecided);
		});
	}

	/**
	 * Note that the server has answered.
	 */
	public void succeeded() {
		this.breaker.succeeded();
		this.parking.leave();
	}

	/**
	 * Note that a call ended in a way that says nothing about the server.
	 */
	public void undecided() {
		this.breaker.undecided();
	}

	/**
	 * Note that a call has failed.
	 * @param failure what it failed with
	 * @param sent whether it may have reached the server, which attempts to open a
	 * session do not
	 * @return a mono with an exception of this library, or the failure itself if it is
	 * none of the server's doing. It does not fail
	 */
	public Mono<Throwable> failed(Throwable failure, boolean sent) {
		Throwable translated = CallFailures.translate(this.key.server(), sent ? failure : new NotSentException(failure),
				false);
		note(translated);
		if (translated instanceof LoginRequiredException login) {
			return this.manager.provider(this.key)
				.token()
				.map(AccessToken::authorizationHeader)
				.map(Secret::of)
				.onErrorComplete()
				.singleOptional()
				.doOnNext((authorization) -> park(authorization.orElse(null), login))
				.thenReturn(translated);
		}
		return Mono.just((translated instanceof NotSentException) ? failure : translated);
	}

	/**
	 * Find what this library has to say about a failure.
	 * @param failure what a call failed with
	 * @return the exception among its causes, {@code null} if there is none
	 */
	public static @Nullable McpOAuthException find(Throwable failure) {
		return CallFailures.find(failure, McpOAuthException.class);
	}

	/**
	 * Guard a call of which it is known what it was authorized with.
	 */
	<T> Mono<T> guard(Mono<T> call, BooleanSupplier closed) {
		return Mono.defer(() -> {
			CircuitBreaker.Refusal refusal = this.breaker.tryCall();
			if (refusal != null) {
				return Mono.error(leftAlone(refusal));
			}
			return this.parking.admit()
				.then(call)
				.onErrorMap((ex) -> CallFailures.translate(this.key.server(), ex, closed.getAsBoolean()))
				.doOnSuccess((result) -> succeeded())
				.doOnError(this::note)
				.doOnCancel(this::undecided);
		});
	}

	/**
	 * Let no further call through until another token is there.
	 */
	void park(@Nullable Secret authorization, LoginRequiredException cause) {
		this.parking.enter(authorization, cause);
	}

	private void note(Throwable failure) {
		if (!(failure instanceof McpCallException call)) {
			this.breaker.undecided();
		}
		else if (call.getReason() == Reason.UNAVAILABLE || call.getReason() == Reason.UNANSWERED) {
			this.breaker.failed(call.getMessage());
		}
		else {
			this.breaker.succeeded();
		}
	}

	private McpCallException leftAlone(CircuitBreaker.Refusal refusal) {
		String server = this.key.server();
		Duration remaining = refusal.remaining();
		long seconds = Math.max(1, remaining.plusMillis(999).toSeconds());
		String message = LEFT_ALONE.formatted(server, seconds, refusal.failures(), refusal.lastFailure());
		return new McpCallException(server, Reason.UNAVAILABLE, message, null, remaining, null);
	}

}
