// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.event.McpOAuthWork.Kind;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.TokenChallenges;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * The live holder of one grant in this process. It looks at the store before each use of
 * the grant, renews the grant once for all callers, and remembers for how long not to try
 * again.
 * <p>
 * At most one refresh attempt is under way. It belongs to the provider, not to the caller
 * that started it: it runs to its end on a thread of the manager's own.
 */
public final class GrantProvider {

	private static final Recovery PROOF_REFUSED = Recovery.transientFailure(
			"the server accepts the token and refuses the DPoP proofs that go with it. The clocks may differ", null);

	/**
	 * The answer to a rejection that may be about the session. It causes no event, since
	 * a new session may show that no login is required.
	 */
	private static final Recovery SESSION_REJECTED = Recovery.reauthorize(Standing.REJECTED_AT_ONCE);

	private final RenewableGrant grant;

	private final McpServer server;

	private final GrantKey key;

	private final ProviderState state;

	private final GrantProviderRegistry registry;

	private final GrantReader reader;

	private final StoreRetry storeRetry;

	private final AtomicReference<@Nullable RefreshAttempt> attempt = new AtomicReference<>();

	// Read by requests that got this provider before it was removed
	private volatile boolean removed;

	GrantProvider(RenewableGrant grant, GrantProviderRegistry registry) {
		this.grant = grant;
		this.server = grant.server();
		this.key = grant.key();
		this.state = grant.state();
		this.registry = registry;
		this.reader = new GrantReader(grant);
		this.storeRetry = new StoreRetry(grant, this::settled);
	}

	/**
	 * The server this provider is for.
	 * @return the server
	 */
	public McpServer server() {
		return this.server;
	}

	/**
	 * The grant.
	 * @return the key of the grant
	 */
	public GrantKey key() {
		return this.key;
	}

	/**
	 * The server was removed: this provider must not be found again.
	 */
	void remove() {
		this.removed = true;
	}

	boolean isRemoved() {
		return this.removed;
	}

	/**
	 * The time of the last use, to within the time that requests share a look at the
	 * store.
	 * @return a reading of the nanosecond counter
	 */
	long lastUsed() {
		return this.reader.lookedAt();
	}

	/**
	 * Whether nothing is lost when this provider is forgotten.
	 * @return {@code true} if all it knows is stored and no work is under way
	 */
	boolean isDispensable() {
		return !isUnderWay() && !this.reader.isReading() && !this.storeRetry.isNeeded();
	}

	/**
	 * Whether the grant cannot be used before a login, as far as is known without reading
	 * the store.
	 * @return {@code true} if requests fail with {@link LoginRequiredException} or are
	 * sent without a token
	 */
	boolean isLoginRequired() {
		GrantMemory memory = this.state.memory();
		if (memory.cached() == null) {
			return false;
		}
		Standing standing = this.grant.standing(memory, null);
		if (standing instanceof Standing.OnTrial trial) {
			standing = trial.rest();
		}
		return standing instanceof Standing.LoginRequired || standing instanceof Standing.Absent;
	}

	/**
	 * The {@code WWW-Authenticate} values of the last 401, for a login to start from.
	 * @return the values, empty if there was no 401
	 */
	public List<String> challenges() {
		return this.state.memory().challenges();
	}

	/**
	 * A token to send now.
	 * @return a mono with the token, empty while a login is needed for the first. Fails
	 * with {@link LoginRequiredException}, {@link TransientAuthorizationException} or
	 * {@link TokenStoreException}
	 */
	public Mono<AccessToken> token() {
		return Mono.defer(() -> {
			CachedGrant cached = this.state.cached();
			if (cached != null && this.reader.isCurrent(cached)) {
				return answer();
			}
			return this.reader.look().flatMap((read) -> answer());
		});
	}

	private Mono<AccessToken> answer() {
		GrantMemory memory = this.state.memory();
		return answer(memory, this.grant.standing(memory, null));
	}

	@SuppressWarnings("ReferenceEquality") // one instance each
	private Mono<AccessToken> answer(GrantMemory memory, Standing standing) {
		if (standing == Standing.USABLE) {
			return answerOf(memory);
		}
		if (standing == Standing.RENEWABLE) {
			return Mono.deferContextual((caller) -> {
				join(memory.token(), Trigger.BACKGROUND, caller);
				return answerOf(memory);
			});
		}
		if (standing instanceof Standing.OnTrial trial) {
			return (!isUnderWay() && this.state.takeTrial(trial.rejected())) ? answerOf(memory)
					: answer(memory, trial.rest());
		}
		if (standing instanceof Standing.Absent) {
			return Mono.empty();
		}
		if (standing instanceof Standing.LoginRequired login) {
			return Mono.error(loginRequired(login.reason(), login.correction()));
		}
		if (standing instanceof Standing.Waiting waiting && !isUnderWay()) {
			RetryBackoff backoff = waiting.backoff();
			return Mono.error(new TransientAuthorizationException(this.server.name(), backoff.reason(),
					backoff.remaining(this.grant.nanos()), null));
		}
		return await(memory.token(), Trigger.REQUEST).flatMap((result) -> {
			McpOAuthException failure = failure(result);
			return (failure != null) ? Mono.error(failure) : Mono.just(((RefreshResult.Succeeded) result).token());
		});
	}

	private static Mono<AccessToken> answerOf(GrantMemory memory) {
		return Objects.requireNonNull(memory.cached()).answer();
	}

	private LoginRequiredException loginRequired(String reason, @Nullable String correction) {
		this.state.loginRequired(reason, correction);
		return new LoginRequiredException(this.server, this.key, reason, correction);
	}

	private @Nullable McpOAuthException failure(RefreshResult result) {
		McpOAuthException failure = result.failure(this.server, this.key);
		if (failure instanceof LoginRequiredException login) {
			this.state.loginRequired(login.getReason(), correction(login));
		}
		return failure;
	}

	/**
	 * Recover from a 401, or from a 403 that is about the token.
	 * @param rejection the rejection
	 * @return a mono with the answer, which does not fail
	 */
	public Mono<Recovery> recover(Rejection rejection) {
		McpOAuthWork work = new McpOAuthWork(Kind.RECOVERY, this.server.name(), Trigger.REJECTION);
		return Mono.deferContextual((caller) -> this.grant.context()
			.listener()
			.observe(work, caller, recovery(rejection),
					(recovery) -> recovery.outcome().name().toLowerCase(Locale.ROOT)));
	}

	@SuppressWarnings("ReferenceEquality") // one instance
	private Mono<Recovery> recovery(Rejection rejection) {
		return Mono.defer(() -> {
			TokenChallenges challenges = TokenChallenges.of(rejection.challenges());
			if (rejection.forbidden()) {
				return forbidden(rejection, challenges);
			}
			if (!challenges.areAboutOAuth()) {
				return Mono.just(Recovery.notRecovered("the server asks for another authentication than OAuth"));
			}
			if (!challenges.isAboutProof()) {
				this.state.challenged(rejection.challenges());
			}
			return this.reader.current()
				.flatMap((cached) -> isAboutProof(cached, rejection, challenges) ? Mono.just(PROOF_REFUSED)
						: recoverCurrent(rejection));
		}).onErrorResume(McpOAuthException.class, (ex) -> Mono.just(recoveryFrom(ex))).doOnNext((recovery) -> {
			if (recovery.outcome() == Recovery.Outcome.REAUTHORIZE && recovery != SESSION_REJECTED) {
				this.state.loginRequired(String.valueOf(recovery.reason()), recovery.correction());
			}
		});
	}

	/**
	 * A refused proof says nothing against the token, so renewing the token would not
	 * help.
	 */
	private static boolean isAboutProof(CachedGrant cached, Rejection rejection, TokenChallenges challenges) {
		AccessToken sent = rejection.sent();
		return challenges.isAboutProof() && sent != null && sent.isBound() && sent.equals(cached.token());
	}

	/**
	 * Some servers answer 403 where the specification wants 401. The token is renewed
	 * once; the answer to the renewed token is the server's last word.
	 */
	private Mono<Recovery> forbidden(Rejection rejection, TokenChallenges challenges) {
		AccessToken sent = rejection.sent();
		if (challenges.isInsufficientScope()) {
			return stepUp(rejection, challenges);
		}
		boolean expired = sent != null && sent.expiresAt() != null
				&& !this.grant.context().time().clock().instant().isBefore(sent.expiresAt());
		boolean invalid = challenges.isInvalidToken();
		if (sent == null || rejection.replayed() || !(invalid || (expired && rejection.challenges().isEmpty()))) {
			return Mono.just(Recovery.notRecovered("the server forbids it"));
		}
		return this.reader.current()
			.flatMap((cached) -> recoverCurrent(rejection))
			.map((recovery) -> (invalid || recovery.isRecovered()) ? recovery
					: Recovery.notRecovered("the server forbids it"));
	}

	/**
	 * More scopes are asked for once. A server that still wants scopes that the token
	 * has, or that were requested and not granted, has said its last word.
	 */
	private Mono<Recovery> stepUp(Rejection rejection, TokenChallenges challenges) {
		AccessToken sent = rejection.sent();
		if (sent == null) {
			return Mono.just(Recovery.notRecovered("the server forbids it"));
		}
		return this.reader.current().flatMap((cached) -> {
			Grant current = cached.grant();
			if (current == null || !sent.equals(cached.token())) {
				return recoverCurrent(rejection);
			}
			if (current.requestedScope().containsAll(challenges.scopes())) {
				return Mono.just(Recovery.notRecovered("the server forbids it although the scopes were asked for"));
			}
			this.state.challenged(rejection.challenges());
			String reason = "the request needs the scopes %s, which its token does not have"
				.formatted(UntrustedText.quote(String.join(" ", challenges.scopes())));
			return this.grant.renewal().startsAnew() ? widened(sent, reason)
					: Mono.just(Recovery.insufficientScope(reason));
		});
	}

	/**
	 * Ask for more scopes where that needs no user. A refusal leaves the token in use.
	 */
	private Mono<Recovery> widened(AccessToken token, String reason) {
		return replaced(token, this.grant.standing(this.state.memory(), token))
			.map((recovery) -> (recovery.outcome() == Recovery.Outcome.REAUTHORIZE)
					? Recovery.insufficientScope("%s: %s".formatted(reason, recovery.reason())) : recovery);
	}

	private Mono<Recovery> recoverCurrent(Rejection rejection) {
		AccessToken sent = rejection.sent();
		GrantMemory memory = this.state.memory();
		Standing standing = this.grant.standing(memory, null);
		AccessToken token = memory.token();
		if (standing instanceof Standing.Absent absent) {
			return Mono.just(Recovery.reauthorize((sent != null) ? "its login was removed" : absent.reason()));
		}
		if (token == null || !token.equals(sent)) {
			return answer(memory, standing).map(Recovery::adopted)
				.onErrorResume(McpOAuthException.class, (ex) -> Mono.just(recoveryFrom(ex)));
		}
		RejectedToken before = memory.rejected();
		if (before != null && before.appliesTo(token) && before.isHopeless(this.grant.nanos())) {
			return Mono.just(Recovery.reauthorize(Standing.REJECTED_AT_ONCE));
		}
		boolean expired = Objects.requireNonNull(memory.cached()).isExpired(this.grant.millis());
		// The request that was recovered may not be the first to send the new token: the
		// rejection of the token counts, whichever request hears it
		boolean atOnce = rejection.replayed() || memory.isUntried(token, this.grant.nanos());
		if (atOnce && !expired) {
			return rejectedAtOnce(token, rejection);
		}
		this.state.rejected(token, false);
		return replaced(token, this.grant.standing(this.state.memory(), token));
	}

	/**
	 * The token was issued just now in place of a rejected one. An attempt under way that
	 * replaces another token has this one as its result, so only one that replaces this
	 * one can help.
	 */
	private Mono<Recovery> rejectedAtOnce(AccessToken token, Rejection rejection) {
		RefreshAttempt current = this.attempt.get();
		if (current != null && current.replaces(token)) {
			return awaited(token);
		}
		return rejection.session() ? Mono.just(SESSION_REJECTED) : confirm(token);
	}

	/**
	 * Replace a token that was sent and rejected.
	 */
	private Mono<Recovery> replaced(AccessToken token, Standing standing) {
		if (standing instanceof Standing.OnTrial trial) {
			return replaced(token, trial.rest());
		}
		if (standing instanceof Standing.LoginRequired login) {
			return Mono.just(Recovery.reauthorize(login.reason(), login.correction()));
		}
		if (standing instanceof Standing.Absent absent) {
			return Mono.just(Recovery.reauthorize(absent.reason()));
		}
		if (standing instanceof Standing.Waiting waiting && !isUnderWay()) {
			RetryBackoff backoff = waiting.backoff();
			return Mono.just(Recovery.transientFailure(backoff.reason(), backoff.remaining(this.grant.nanos())));
		}
		return awaited(token);
	}

	/**
	 * An attempt that ends with the rejected token has recovered nothing.
	 */
	private Mono<Recovery> awaited(AccessToken rejected) {
		return await(rejected, Trigger.REJECTION).map((result) -> {
			Recovery recovery = result.recovery();
			return rejected.equals(recovery.token())
					? Recovery.reauthorize("the authorization server issues the token that the server refuses")
					: recovery;
		});
	}

	/**
	 * The server rejects a token that was issued just now. Another process may have
	 * renewed it since: until its successor is stored, that process holds the lock.
	 */
	private Mono<Recovery> confirm(AccessToken rejected) {
		Mono<Recovery> confirmed = this.reader.settled().map((cached) -> {
			AccessToken token = cached.token();
			if (token != null && !token.equals(rejected)) {
				return Recovery.adopted(token);
			}
			this.state.rejected(rejected, true);
			return Recovery.reauthorize(Standing.REJECTED_AT_ONCE);
		});
		return this.grant.context()
			.threads()
			.within(confirmed, this.grant.settings().recoveryTimeout())
			.onErrorResume(TimeoutException.class, (ex) -> Mono
				.just(Recovery.transientFailure("its token may be being renewed by another process", null)));
	}

	private static Recovery recoveryFrom(McpOAuthException ex) {
		if (ex instanceof LoginRequiredException login) {
			return Recovery.reauthorize(login.getReason(), correction(login));
		}
		Duration retryAfter = (ex instanceof TransientAuthorizationException failure) ? failure.getRetryAfter() : null;
		return Recovery.transientFailure(String.valueOf(ex.getMessage()), retryAfter);
	}

	private static @Nullable String correction(LoginRequiredException login) {
		return login.isCorrectable() ? login.getAction() : null;
	}

	/**
	 * Remember that the server accepted a token.
	 * @param token the token that was sent
	 */
	public void accepted(AccessToken token) {
		this.state.accepted(token);
	}

	/**
	 * Renew the token now, unless it is good for longer than asked. A retry backoff does
	 * not prevent it.
	 * @param minTtl how long the token must still be good for to be left alone,
	 * {@code null} to renew it at any age
	 * @return an empty mono; fails as {@link #token()} does
	 */
	public Mono<Void> refresh(@Nullable Duration minTtl) {
		return this.reader.current().flatMap((cached) -> {
			GrantMemory memory = this.state.memory();
			Standing standing = this.grant.standing(memory, null);
			if (standing instanceof Standing.Absent absent) {
				return Mono.error(loginRequired(absent.reason(), null));
			}
			boolean usable = standing instanceof Standing.Usable || standing instanceof Standing.Renewable;
			if (usable && minTtl != null && isGoodFor(memory.grant(), minTtl)) {
				return Mono.empty();
			}
			return attempt(memory.token(), Trigger.DEMAND).flatMap((result) -> {
				McpOAuthException failure = failure(result);
				return (failure != null) ? Mono.error(failure) : Mono.<Void>empty();
			});
		});
	}

	private boolean isGoodFor(@Nullable Grant current, Duration minTtl) {
		Instant expiresAt = (current != null) ? current.expiresAt() : null;
		return expiresAt == null || this.grant.context().time().clock().instant().plus(minTtl).isBefore(expiresAt);
	}

	/**
	 * The status, from memory and the store.
	 * @return a mono with the status, which does not fail
	 */
	public Mono<ServerStatus> status() {
		StatusProjection projection = new StatusProjection(this.grant);
		// The stamp of a record does not cover the refusals that other processes have met
		return this.reader.look()
			.map((cached) -> projection.of(this.state.memory()))
			.onErrorResume(TokenStoreException.class, (ex) -> Mono.just(projection.of(ex)))
			.onErrorResume(TransientAuthorizationException.class, (ex) -> Mono
				.just(projection.of(new TokenStoreException(this.server.name(), String.valueOf(ex.getMessage()), ex))));
	}

	private boolean isUnderWay() {
		return this.attempt.get() != null;
	}

	/**
	 * The end of the attempt under way.
	 * @return a mono that ends with it, at once if no attempt is under way
	 */
	Mono<Void> ended() {
		return Mono.defer(() -> {
			RefreshAttempt current = this.attempt.get();
			return (current != null) ? current.result().then() : Mono.empty();
		});
	}

	/**
	 * Wait for the attempt under way, then store a grant that is not stored.
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> shutdown() {
		return ended().then(Mono.defer(() -> this.storeRetry.isNeeded() ? this.storeRetry.now().then() : Mono.empty()));
	}

	private Mono<RefreshResult> await(@Nullable AccessToken replaces, Trigger trigger) {
		Duration timeout = this.grant.settings().recoveryTimeout();
		return this.grant.context()
			.threads()
			.within(attempt(replaces, trigger), timeout)
			.onErrorResume(TimeoutException.class, (ex) -> Mono.just(underWay(timeout)));
	}

	/**
	 * The answer to a caller whose time is over while an attempt is under way. A process
	 * that was killed during its exchange is waited for longer than callers wait, so they
	 * are told when the next try makes sense.
	 */
	private RefreshResult underWay(Duration timeout) {
		RefreshAttempt current = this.attempt.get();
		Duration wait = (current != null) ? current.waitForOther() : null;
		return (wait != null)
				? new RefreshResult.Transient("another process began to renew its token, and has stored no result",
						wait)
				: new RefreshResult.Transient(
						"its token is still being renewed after %d ms".formatted(timeout.toMillis()), null);
	}

	/**
	 * The result of an attempt that replaces a token.
	 */
	private Mono<RefreshResult> attempt(@Nullable AccessToken replaces, Trigger trigger) {
		return Mono.deferContextual((caller) -> {
			RefreshAttempt joined = join(replaces, trigger, caller);
			// The result of an attempt that replaces another token says nothing about
			// this one: after its end, this caller asks for its own
			return joined.replaces(replaces) ? joined.result() : joined.result().then(attempt(replaces, trigger));
		});
	}

	/**
	 * Take part in the attempt under way, or start one.
	 */
	private RefreshAttempt join(@Nullable AccessToken replaces, Trigger trigger, ContextView caller) {
		while (true) {
			RefreshAttempt current = this.attempt.get();
			if (current != null) {
				return current;
			}
			RefreshAttempt next = new RefreshAttempt(this.grant, replaces, trigger, this::free);
			// Of two callers that find the slot free, one starts its attempt and the
			// other joins it: a refresh token must be sent once
			if (this.attempt.compareAndSet(null, next)) {
				start(next, replaces, caller);
				return next;
			}
		}
	}

	private void start(RefreshAttempt next, @Nullable AccessToken replaces, ContextView caller) {
		// Before the registry is asked whether it is closing: it waits for those it knows
		boolean open = this.registry.begin(this);
		RefreshResult refusal = open ? tooEarly(next.trigger())
				: new RefreshResult.Transient("this application is shutting down", null);
		if (refusal != null) {
			next.start(() -> Mono.just(refusal));
			return;
		}
		GrantProvider kept = this.registry.keep(this);
		if (!equals(kept)) {
			// This provider was forgotten meanwhile: the attempt must be made by the one
			// that the next caller finds
			next.start(() -> kept.attempt(replaces, next.trigger()).contextWrite(caller));
			return;
		}
		McpOAuthWork work = new McpOAuthWork(Kind.REFRESH, this.server.name(), next.trigger());
		Runnable start = () -> next.start(() -> this.grant.context()
			.listener()
			.observe(work, caller, inContext(next.work(), caller), RefreshResult::outcome));
		try {
			this.grant.context().threads().blocking().schedule(start);
		}
		catch (RejectedExecutionException ex) {
			next.start(() -> Mono.error(ex));
		}
	}

	/**
	 * Free the slot for the next attempt.
	 */
	private void free(RefreshAttempt ended) {
		// The result is in memory, but a record written by another process meanwhile is
		// not
		this.reader.lookAgain();
		// Only the ended attempt: a later one in the slot must not be lost to its callers
		this.attempt.compareAndSet(ended, null);
		settled();
		this.storeRetry.schedule();
	}

	private void settled() {
		if (!isUnderWay() && !this.storeRetry.isNeeded()) {
			this.registry.end(this);
		}
	}

	/**
	 * An attempt may use the Reactor context of the caller that started it only if the
	 * grant belongs to the principal of that caller. A caller may name the grant of
	 * another principal, and the application's own grant belongs to no caller.
	 */
	private Mono<RefreshResult> inContext(Mono<RefreshResult> run, ContextView caller) {
		if (this.key.principal() == null) {
			return run;
		}
		return Mono.defer(() -> this.grant.context().principals().resolve(this.server, caller))
			.contextWrite(caller)
			.timeout(this.grant.settings().recoveryTimeout(), this.grant.context().threads().timer())
			.map(this.key::equals)
			.onErrorReturn(false)
			.defaultIfEmpty(false)
			.publishOn(this.grant.context().threads().blocking())
			.flatMap((theirs) -> theirs ? run.contextWrite(caller) : run);
	}

	/**
	 * Another attempt may have failed between a caller's look at the backoff and the
	 * start of its own.
	 */
	private @Nullable RefreshResult tooEarly(Trigger trigger) {
		RetryBackoff backoff = this.state.memory().backoff();
		long nanos = this.grant.nanos();
		return (trigger != Trigger.DEMAND && backoff != null && backoff.isWaiting(nanos))
				? new RefreshResult.Transient(backoff.reason(), backoff.remaining(nanos)) : null;
	}

}
