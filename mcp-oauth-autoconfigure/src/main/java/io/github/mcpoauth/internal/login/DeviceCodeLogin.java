// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.UserCode;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.login.LoginProgress.Step;
import io.github.mcpoauth.internal.protocol.DeviceAuthorization;
import io.github.mcpoauth.internal.protocol.RejectedException;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.protocol.UnknownOutcomeException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * A login that a person confirms on another device, from the moment the code is known
 * (RFC 8628). It asks the token endpoint now and then until the person has decided, the
 * code has expired, or somebody cancels.
 */
final class DeviceCodeLogin extends PendingLogin {

	/**
	 * RFC 8628, section 3.5.
	 */
	private static final Duration SLOWER = Duration.ofSeconds(5);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

	private static final Log logger = LogFactory.getLog(DeviceCodeLogin.class);

	private final DeviceAuthorization authorization;

	private final Scheduler scheduler;

	private final Clock clock;

	private Duration interval;

	/**
	 * Until the next request, one after the other.
	 */
	private Duration pause;

	DeviceCodeLogin(String id, McpServer server, DeviceAuthorization authorization, Scheduler scheduler, Clock clock,
			Mono<ServerStatus> status) {
		super(id, server, status);
		this.authorization = authorization;
		this.scheduler = scheduler;
		this.clock = clock;
		this.interval = authorization.interval();
		this.pause = this.interval;
	}

	/**
	 * Begin to ask.
	 * @param question asks once and stores the answer, given a function that is asked
	 * right before storing, whether that is still wanted; empty if it is not
	 */
	void start(Function<BooleanSupplier, Mono<Grant>> question) {
		BooleanSupplier storing = () -> this.progress.advance(Step.WAITING, Step.STORING);
		this.progress.endWith(Mono.defer(this::pause)
			.then(Mono.defer(() -> question.apply(storing)))
			.retryWhen(Retry.from((signals) -> signals.concatMap((signal) -> next(signal.failure())))));
	}

	private Mono<Void> pause() {
		Duration left = Duration.between(this.clock.instant(), this.authorization.expiresAt());
		if (this.pause.compareTo(left) < 0) {
			return Mono.delay(this.pause, this.scheduler).then();
		}
		return Mono.delay(left.isNegative() ? Duration.ZERO : left, this.scheduler)
			.then(Mono.error(() -> LoginFailures.failure(this.server, Reason.TIMED_OUT,
					"nobody confirmed the code before it expired. Start another login")));
	}

	/**
	 * What did not come to an answer is asked again, ever more slowly: the person may be
	 * there already.
	 */
	private Mono<Boolean> next(Throwable failure) {
		if (failure instanceof RejectedException rejected && rejected.is("authorization_pending")) {
			this.pause = this.interval;
			return Mono.just(true);
		}
		if (failure instanceof RejectedException rejected && rejected.is("slow_down")) {
			this.interval = this.interval.plus(SLOWER);
			this.pause = this.interval;
			logger.debug(message(
					"The authorization server wants to be asked every %d s only".formatted(this.interval.toSeconds())));
			return Mono.just(true);
		}
		if (failure instanceof UnavailableException || failure instanceof UnknownOutcomeException) {
			Duration asked = (failure instanceof UnavailableException unavailable) ? unavailable.retryAfter() : null;
			this.pause = longer(longer(this.interval, shorter(this.pause.multipliedBy(2), LONGEST_PAUSE)), asked);
			logger
				.debug(message("%s. The next try is in %d s".formatted(failure.getMessage(), this.pause.toSeconds())));
			return Mono.just(true);
		}
		return Mono.error(failure);
	}

	private static Duration longer(Duration one, @Nullable Duration other) {
		return (other != null && other.compareTo(one) > 0) ? other : one;
	}

	private static Duration shorter(Duration one, Duration other) {
		return (one.compareTo(other) < 0) ? one : other;
	}

	@Override
	public URI authorizationUrl() {
		UserCode code = userCode();
		URI complete = code.verificationUriComplete();
		return (complete != null) ? complete : code.verificationUri();
	}

	@Override
	public UserCode userCode() {
		return this.authorization.userCode();
	}

	@Override
	public Instant expiresAt() {
		return this.authorization.expiresAt();
	}

	@Override
	public Mono<ServerStatus> complete(String pasted) {
		return Mono.error(() -> new IllegalArgumentException(
				"There is nothing to paste: this login ends by itself once the code is confirmed"));
	}

}
