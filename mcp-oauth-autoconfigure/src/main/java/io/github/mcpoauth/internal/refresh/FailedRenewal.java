// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.GrantLessons.Refusals;
import io.github.mcpoauth.store.GrantLessons.RefusedToken;
import io.github.mcpoauth.store.StoredGrant;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Judges the failure of an exchange, under the lock: it may pass, the refresh token is
 * refused for good, or the client is.
 */
final class FailedRenewal {

	private static final Log logger = LogFactory.getLog(FailedRenewal.class);

	/**
	 * How far apart two refusals of a client must be to confirm each other.
	 */
	private static final Duration APART = Duration.ofSeconds(5);

	/**
	 * How often, and over which time, a server must refuse in its own words, without a
	 * success or an outage in between, to be believed.
	 */
	private static final int MANY_REFUSALS = 5;

	private static final Duration LONG_REFUSED = Duration.ofMinutes(5);

	private final RefreshAttempt attempt;

	private final GrantParts parts;

	private final StoreCalls calls;

	private final ProviderState state;

	private final GrantRenewal renewal;

	private final GrantRenewal.Exchange exchange;

	private final StoredGrant stored;

	private final Object stamp;

	private final @Nullable Secret replaced;

	/**
	 * Create a judgement.
	 * @param attempt the attempt that failed
	 * @param parts the parts of the provider
	 * @param exchange the exchange, with its failure
	 * @param stored the record that was to be replaced
	 * @param stamp the state of the other credentials when they were sent
	 */
	FailedRenewal(RefreshAttempt attempt, GrantParts parts, GrantRenewal.Exchange exchange, StoredGrant stored,
			Object stamp) {
		this.attempt = attempt;
		this.parts = parts;
		this.calls = parts.calls();
		this.state = parts.state();
		this.renewal = parts.renewal();
		this.exchange = exchange;
		this.stored = stored;
		this.stamp = stamp;
		this.replaced = this.renewal.replacedToken(exchange.replaced());
	}

	/**
	 * The result of the attempt.
	 * @return a mono with the result
	 */
	Mono<RefreshResult> result() {
		ExchangeException failure = Objects.requireNonNull(this.exchange.failure());
		if (failure instanceof RefusedException refused) {
			return reload(refused);
		}
		Grant sent = this.exchange.replaced();
		Grant present = this.stored.grant();
		boolean foundOut = present != null && sent != null && sent.resourceRefused() && !present.resourceRefused();
		if (sent == null || !foundOut) {
			return isRefusal(failure) ? refusedAgain(failure) : this.attempt.outage(failure, this.stored);
		}
		Grant remembered = sent.mutate().generation(sent.generation() + 1).build();
		return this.calls.save(remembered, present)
			.map(this.state::written)
			.onErrorComplete(TokenStoreException.class)
			.then(Mono.fromSupplier(() -> this.attempt.mayPass(failure)));
	}

	private static boolean isRefusal(ExchangeException failure) {
		return failure instanceof UnavailableException unavailable
				&& unavailable.meaning() == UnavailableException.Meaning.OWN_WORDS;
	}

	/**
	 * A server that refuses the same refresh token again and again in its own words is
	 * believed in the end. The count is kept in the store, since the process of a command
	 * makes one attempt. Nothing is deleted.
	 */
	private Mono<RefreshResult> refusedAgain(ExchangeException failure) {
		Instant now = now();
		Refusals refusals = Refusals.after(this.stored.lessons().tokenRefusals(),
				(this.replaced != null) ? this.replaced.fingerprint() : clientId(), now);
		GrantLessons lessons = this.stored.lessons().withTokenRefusals(refusals);
		if (refusals.areManyOver(MANY_REFUSALS, LONG_REFUSED, now)) {
			return refused("%s. It has refused %d times in a row".formatted(failure.getMessage(), refusals.count()),
					lessons);
		}
		return this.calls.saveLessons(lessons).then(Mono.fromSupplier(() -> this.attempt.mayPass(failure)));
	}

	/**
	 * Believe a refusal only if the token that was refused is still the stored one.
	 */
	private Mono<RefreshResult> reload(RefusedException refused) {
		return this.calls.load().flatMap((now) -> {
			boolean same = Objects.equals(this.renewal.replacedToken(now.grant()), this.replaced)
					&& this.stamp.equals(this.renewal.stamp());
			if (same) {
				return isToBeConfirmed(refused) ? clientRefused(refused, now.lessons())
						: refused(reason(refused), now.lessons());
			}
			CachedGrant cached = this.state.loadedUnderLock(now);
			if (cached.grant() == null && this.exchange.replaced() != null) {
				return this.attempt.removed();
			}
			return Mono
				.just(this.attempt.isReplacement(cached) ? this.attempt.succeeded(cached, true) : this.attempt.mayPass(
						new UnavailableException("its stored token or credential was replaced meanwhile", null, null)));
		});
	}

	/**
	 * A refusal that is believed for a time only needs no confirmation.
	 */
	private boolean isToBeConfirmed(RefusedException refused) {
		return this.renewal.refusalTerm() == null && isAboutClient(refused);
	}

	private static boolean isAboutClient(RefusedException refused) {
		return refused.is("invalid_client") || (refused.is("unauthorized_client") && refused.status() == 401);
	}

	/**
	 * Authorization servers say {@code invalid_client} in passing, too. A registered
	 * client is given up when they say it twice, apart in time.
	 */
	private Mono<RefreshResult> clientRefused(RefusedException refused, GrantLessons before) {
		Instant now = now();
		Refusals refusals = Refusals.after(before.clientRefusals(), clientId(), now);
		// Another process may have met the first refusal, so it is kept in the store
		boolean confirmed = this.state.clientRefused(APART) || refusals.areManyOver(2, APART, now);
		GrantLessons lessons = before.withClientRefusals(refusals);
		if (!confirmed) {
			return this.calls.saveLessons(lessons)
				.then(Mono.fromSupplier(() -> this.attempt
					.mayPass(new UnavailableException(String.valueOf(refused.getMessage()), APART, refused))));
		}
		OAuthClient client = this.exchange.client();
		if (this.exchange.isByRegisteredClient() && client != null) {
			return this.calls.deleteClient(client).then(Mono.defer(() -> refused(reason(refused), lessons)));
		}
		// The token is not given up: with the right secret it is good
		return this.calls.saveLessons(lessons).then(Mono.fromSupplier(() -> misconfigured(reason(refused))));
	}

	private RefreshResult misconfigured(String reason) {
		String correction = this.parts.server().clientCorrection();
		this.state.misconfigured(this.replaced, this.stamp, reason, correction);
		return loginRequired(this.attempt, this.parts, reason, correction);
	}

	/**
	 * The refresh token is refused for good, which other processes need to know.
	 */
	private Mono<RefreshResult> refused(String reason, GrantLessons lessons) {
		Mono<Void> told = (this.renewal.refusalTerm() == null && this.replaced != null) ? this.calls.saveLessons(
				lessons.withRefusedToken(new RefusedToken(this.replaced.fingerprint(), reason))) : Mono.empty();
		return told.then(Mono.fromSupplier(() -> {
			this.state.refused(this.replaced, this.stamp, reason);
			return loginRequired(this.attempt, this.parts, reason, this.parts.server().correction());
		}));
	}

	/**
	 * The result of an attempt after a failure that does not pass.
	 * @param attempt the attempt
	 * @param parts the parts of the provider
	 * @param reason one sentence of cause
	 * @param correction the setting to correct, {@code null} where a login helps
	 * @return the result
	 */
	static RefreshResult loginRequired(RefreshAttempt attempt, GrantParts parts, String reason,
			@Nullable String correction) {
		logger.warn(attempt.message((correction != null)
				? "MCP server '%s' gets no token: %s. %s".formatted(parts.key(), reason, correction)
				: "MCP server '%s' needs a new login: %s. Run `%s`".formatted(parts.key(), reason,
						parts.key().loginCommand())));
		CachedGrant cached = parts.state().cached();
		return (cached != null && attempt.isReplacement(cached)) ? attempt.succeeded(cached, true)
				: new RefreshResult.LoginRequired(reason, correction);
	}

	private String reason(RefusedException refused) {
		return refused.getMessage()
				+ (this.exchange.spentBefore() ? ", after an earlier refresh whose outcome is unknown" : "");
	}

	private String clientId() {
		OAuthClient client = this.exchange.client();
		return (client != null) ? client.clientId() : "";
	}

	private Instant now() {
		return this.parts.context().time().clock().instant();
	}

}
