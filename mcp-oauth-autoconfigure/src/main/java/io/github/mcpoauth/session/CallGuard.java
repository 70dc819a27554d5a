// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.CircuitBreaker.OpenCircuit;
import io.github.mcpoauth.session.McpCallException.Reason;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Admits the calls to one server and translates their failures. It refuses calls while
 * the server requires a login, and for a pause after several failures in a row.
 */
public final class CallGuard {

	private static final String PAUSED = """
			Calls to MCP server '%s' are paused for %d s after %d failures in a row. The last failure: %s""";

	private final McpOAuthManager manager;

	private final GrantKey key;

	private final CircuitBreaker breaker;

	private final LoginBarrier loginBarrier;

	/**
	 * Create a guard.
	 * @param manager the manager of the grant
	 * @param key the grant that the calls use
	 * @param settings after how many failures calls are paused, and for how long
	 * @param nanoTime the counter that pauses are measured with
	 */
	public CallGuard(McpOAuthManager manager, GrantKey key, SessionSettings settings, LongSupplier nanoTime) {
		this.manager = manager;
		this.key = key;
		this.breaker = new CircuitBreaker(settings.breakerFailures(), settings.breakerPause(), nanoTime);
		this.loginBarrier = new LoginBarrier(manager, key, settings.breakerPause(), nanoTime);
	}

	/**
	 * Ask to make a call. A caller that is admitted reports the result with
	 * {@link #succeeded()}, {@link #failed(Throwable, boolean)} or {@link #undecided()}.
	 * @return a mono that completes when the call may be made. It fails with
	 * {@link LoginRequiredException} and {@link McpCallException}, and then there is
	 * nothing to report
	 */
	public Mono<Void> admit() {
		return Mono.defer(() -> {
			OpenCircuit circuit = this.breaker.tryCall();
			return (circuit != null) ? Mono.error(paused(circuit))
					: this.loginBarrier.admit().doOnError((ex) -> this.breaker.undecided()).doOnCancel(this::undecided);
		});
	}

	/**
	 * Report a call that the server has answered.
	 */
	public void succeeded() {
		this.breaker.succeeded();
		this.loginBarrier.lower();
	}

	/**
	 * Report a call that ended without telling anything about the server.
	 */
	public void undecided() {
		this.breaker.undecided();
	}

	/**
	 * Report a call that has failed.
	 * @param failure the failure of the MCP library or the HTTP client
	 * @param sent whether the call may have reached the server, {@code false} while the
	 * session is opened
	 * @return a mono with an exception of this library, or with the failure itself if the
	 * server has no part in it. The mono does not fail
	 */
	public Mono<Throwable> failed(Throwable failure, boolean sent) {
		Throwable translated = CallFailures.translate(this.key.server(), sent ? failure : new NotSentException(failure),
				false);
		report(translated);
		if (translated instanceof LoginRequiredException login) {
			return this.manager.provider(this.key)
				.token()
				.map(AccessToken::authorizationHeader)
				.map(Secret::of)
				.onErrorComplete()
				.singleOptional()
				.doOnNext((authorization) -> requireLogin(authorization.orElse(null), login))
				.thenReturn(translated);
		}
		return Mono.just((translated instanceof NotSentException) ? failure : translated);
	}

	/**
	 * Find the exception of this library among the causes of a failure.
	 * @param failure the failure of a call
	 * @return the exception, {@code null} if absent
	 */
	public static @Nullable McpOAuthException find(Throwable failure) {
		return CallFailures.find(failure, McpOAuthException.class);
	}

	/**
	 * Whether a call failed because its server speaks the protocol of 2026-07-28 and not
	 * the one with sessions. The server has not acted on the call then.
	 * @param failure the failure of a call of the protocol with sessions
	 * @return whether it did
	 */
	public static boolean isOfModernServer(Throwable failure) {
		return ProtocolEvidence.mayBeModern(failure);
	}

	/**
	 * Guard a call that reports its authorization by itself.
	 */
	<T> Mono<T> guard(Mono<T> call, BooleanSupplier closed) {
		return Mono.defer(() -> {
			OpenCircuit circuit = this.breaker.tryCall();
			if (circuit != null) {
				return Mono.error(paused(circuit));
			}
			return this.loginBarrier.admit()
				.then(call)
				.onErrorMap((ex) -> CallFailures.translate(this.key.server(), ex, closed.getAsBoolean()))
				.doOnSuccess((result) -> succeeded())
				.doOnError(this::report)
				.doOnCancel(this::undecided);
		});
	}

	/**
	 * Refuse further calls until the token changes.
	 */
	void requireLogin(@Nullable Secret authorization, LoginRequiredException cause) {
		this.loginBarrier.raise(authorization, cause);
	}

	private void report(Throwable failure) {
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

	private McpCallException paused(OpenCircuit circuit) {
		String server = this.key.server();
		Duration remaining = circuit.remaining();
		long seconds = Math.max(1, remaining.plusMillis(999).toSeconds());
		String message = PAUSED.formatted(server, seconds, circuit.failures(), circuit.lastFailure());
		return new McpCallException(server, Reason.UNAVAILABLE, message, null, remaining, null);
	}

}
