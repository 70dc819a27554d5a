// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

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
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.event.McpOAuthWork.Kind;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.TokenChallenges;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * The live holder of one grant in this process. It looks at the store before each use,
 * renews once for everybody, and remembers for how long not to ask again.
 * <p>
 * There is at most one refresh in flight. It belongs to the provider: it runs to its end
 * on a thread of its own kind, whoever started it and whoever still waits.
 */
public final class GrantProvider {

	private static final Recovery PROOF_REFUSED = Recovery.transientFailure(
			"the server accepts the token and refuses the DPoP proofs that go with it. The clocks may differ", null);

	private static final String REFUSED_AT_ONCE = "the server refuses the token that was issued just now";

	private final McpServer server;

	private final GrantKey key;

	private final UnaryOperator<GrantProvider> registry;

	private final TokenStore store;

	private final GrantRenewal renewal;

	private final RefreshSettings settings;

	private final PrincipalResolver principals;

	private final Clock clock;

	private final ProviderState state;

	private final GrantReader reader;

	private final GrantBinding binding;

	private final McpOAuthListener listener;

	private final RefreshAttempt.ClientStrikes strikes = new RefreshAttempt.ClientStrikes();

	private final AtomicReference<@Nullable RefreshAttempt> flight = new AtomicReference<>();

	private volatile boolean removed;

	GrantProvider(McpServer server, GrantKey key, UnaryOperator<GrantProvider> registry, TokenStore store,
			GrantRenewal renewal, RefreshSettings settings, PrincipalResolver principals, McpOAuthListener listener,
			Clock clock, double jitter) {
		this.server = server;
		this.key = key;
		this.registry = registry;
		this.store = store;
		this.renewal = renewal;
		this.settings = settings;
		this.principals = principals;
		this.clock = clock;
		this.state = new ProviderState(settings, renewal, clock, jitter,
				new RefreshEvents(server, key, listener, clock));
		this.reader = new GrantReader(key, store, this.state, settings, clock);
		this.binding = new GrantBinding(server);
		this.listener = listener;
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
	 * The server was taken away: nobody is to find this provider again.
	 */
	void remove() {
		this.removed = true;
	}

	boolean isRemoved() {
		return this.removed;
	}

	/**
	 * When it was last used, to within the time that requests share a look at the store.
	 * @return a reading of the nanosecond clock
	 */
	long lastUsed() {
		return this.reader.lookedAt();
	}

	/**
	 * Whether nothing is lost when it is forgotten: what it knows is stored, and nothing
	 * is under way.
	 * @return {@code true} if another provider can take its place
	 */
	boolean isDispensable() {
		CachedGrant view = this.state.view();
		return this.flight.get() == null && !this.reader.isReading() && (view == null || view.isPersisted());
	}

	/**
	 * Whether the grant cannot be used before somebody has logged in, as far as is known
	 * without looking.
	 * @return {@code true} if it was looked for and is not there, or was refused
	 */
	boolean needsPerson() {
		CachedGrant view = this.state.view();
		return view != null && (view.grant() == null || this.state.verdictOn(view.grant()) != null);
	}

	/**
	 * The {@code WWW-Authenticate} values of the last 401, for a login to start from.
	 * @return the values, empty if there was none
	 */
	public List<String> challenges() {
		return this.state.challenges();
	}

	/**
	 * A token to send now.
	 * @return a mono with the token, empty while a login is needed for the first. Fails
	 * with {@link LoginRequiredException}, {@link TransientAuthorizationException} or
	 * {@link TokenStoreException}
	 */
	public Mono<AccessToken> token() {
		return Mono.defer(() -> {
			CachedGrant view = this.state.view();
			if (view != null && this.reader.isCurrent(view)) {
				return answer(view);
			}
			return this.reader.look().flatMap(this::answer);
		});
	}

	private Mono<AccessToken> answer(CachedGrant view) {
		AccessToken token = view.token();
		Grant grant = view.grant();
		if (token == null || grant == null) {
			return this.renewal.startsAnew() ? renewed(null, null, null) : Mono.empty();
		}
		String foreign = this.binding.violation(grant);
		if (foreign != null) {
			return this.renewal.startsAnew() ? renewed(grant, token, null) : Mono.error(personNeeded(foreign));
		}
		if (view.isFresh(this.clock.millis()) && view.isPersisted() && !this.state.isRefused(token)) {
			return view.answer();
		}
		return answerSlowly(view, grant, token);
	}

	private Mono<AccessToken> answerSlowly(CachedGrant view, Grant grant, AccessToken token) {
		Instant now = this.clock.instant();
		RejectedToken refusal = this.state.refusal();
		boolean refused = this.state.isRefused(token);
		boolean expired = view.isExpired(now.toEpochMilli());
		if (!refused && !expired) {
			return Mono.deferContextual((caller) -> {
				renewBehind(view, token, now, caller);
				return view.answer();
			});
		}
		if (refused && refusal != null && !expired && this.flight.get() == null
				&& !refusal.isYoungerThan(this.settings.brake(), now) && this.state.release(refusal)) {
			return view.answer();
		}
		return renewed(grant, token, refused ? refusal : null);
	}

	/**
	 * The token after one that must not be sent, or the first.
	 */
	private Mono<AccessToken> renewed(@Nullable Grant grant, @Nullable AccessToken token,
			@Nullable RejectedToken refusal) {
		Instant now = this.clock.instant();
		String dead = deadEnd(grant, refusal, now);
		if (dead != null) {
			return Mono.error(personNeeded(dead));
		}
		if (this.flight.get() == null) {
			RetryBackoff gate = this.state.gate();
			if (gate != null && gate.isClosed(now)) {
				return Mono.error(new TransientAuthorizationException(this.server.name(), gate.reason(),
						gate.remaining(now), null));
			}
		}
		return await(token, Trigger.REQUEST).flatMap((result) -> {
			McpOAuthException failure = failure(result);
			return (failure != null) ? Mono.error(failure) : Mono.just(((RefreshResult.Landed) result).token());
		});
	}

	private LoginRequiredException personNeeded(String reason) {
		this.state.personNeeded(reason);
		return new LoginRequiredException(this.key, reason, this.server.correction());
	}

	private @Nullable McpOAuthException failure(RefreshResult result) {
		McpOAuthException failure = result.failure(this.key, this.server.correction());
		if (failure instanceof LoginRequiredException login) {
			this.state.personNeeded(login.getReason());
		}
		return failure;
	}

	/**
	 * Why a token that cannot be sent cannot be renewed either.
	 */
	private @Nullable String deadEnd(@Nullable Grant grant, @Nullable RejectedToken refusal, Instant now) {
		RefusedRenewal verdict = this.state.verdictOn(grant);
		if (verdict != null) {
			return verdict.reason();
		}
		String objection = this.renewal.objection(grant);
		if (objection != null) {
			return ((refusal != null) ? "the server refused its token and " : "its token has expired and ") + objection;
		}
		if (refusal != null && refusal.replayed() && refusal.isYoungerThan(this.settings.brake(), now)) {
			return REFUSED_AT_ONCE;
		}
		return null;
	}

	private void renewBehind(CachedGrant view, AccessToken token, Instant now, ContextView caller) {
		RetryBackoff gate = this.state.gate();
		boolean waiting = gate != null && gate.isClosed(now);
		boolean pointless = view.isPersisted()
				&& (this.renewal.objection(view.grant()) != null || this.state.verdictOn(view.grant()) != null);
		if (!waiting && !pointless && this.flight.get() == null) {
			join(token, Trigger.BACKGROUND, caller);
		}
	}

	/**
	 * Recover from a 401.
	 * @param rejection what the server said no to
	 * @return a mono with the answer, which does not fail
	 */
	public Mono<Recovery> recover(Rejection rejection) {
		McpOAuthWork work = new McpOAuthWork(Kind.RECOVERY, this.server.name(), Trigger.REJECTION);
		return Mono.deferContextual((caller) -> this.listener.observe(work, caller, recovery(rejection),
				(recovery) -> recovery.outcome().name().toLowerCase(Locale.ROOT)));
	}

	private Mono<Recovery> recovery(Rejection rejection) {
		return Mono.defer(() -> {
			TokenChallenges challenges = TokenChallenges.of(rejection.challenges());
			if (rejection.forbidden()) {
				return stepUp(rejection, challenges);
			}
			if (!challenges.areAboutOAuth()) {
				return Mono.just(Recovery.notRecovered("the server asks for another authentication than OAuth"));
			}
			if (!challenges.isAboutProof()) {
				this.state.challenged(rejection.challenges());
			}
			return this.reader.current()
				.flatMap((view) -> isAboutProof(view, rejection, challenges) ? Mono.just(PROOF_REFUSED)
						: recover(view, rejection));
		}).onErrorResume(McpOAuthException.class, (ex) -> Mono.just(recoveryFrom(ex))).doOnNext((recovery) -> {
			if (recovery.outcome() == Recovery.Outcome.REAUTHORIZE) {
				this.state.personNeeded(String.valueOf(recovery.reason()));
			}
		});
	}

	/**
	 * A refused proof says nothing against the token, so that renewing it would help
	 * nobody.
	 */
	private static boolean isAboutProof(CachedGrant view, Rejection rejection, TokenChallenges challenges) {
		AccessToken sent = rejection.sent();
		return challenges.isAboutProof() && sent != null && sent.isBound() && sent.equals(view.token());
	}

	/**
	 * More scopes are asked for once: a server that still wants what its token has, or
	 * what was asked for and not granted, has said its last word.
	 */
	private Mono<Recovery> stepUp(Rejection rejection, TokenChallenges challenges) {
		AccessToken sent = rejection.sent();
		if (!challenges.isInsufficientScope() || sent == null) {
			return Mono.just(Recovery.notRecovered("the server forbids it"));
		}
		return this.reader.current().flatMap((view) -> {
			Grant grant = view.grant();
			if (grant == null || !sent.equals(view.token())) {
				return recover(view, rejection);
			}
			if (grant.requestedScope().containsAll(challenges.scopes())) {
				return Mono.just(Recovery.notRecovered("the server forbids it although the scopes were asked for"));
			}
			this.state.challenged(rejection.challenges());
			String reason = "the request needs the scopes %s, which its token does not have"
				.formatted(UntrustedText.quote(String.join(" ", challenges.scopes())));
			return this.renewal.startsAnew() ? widened(grant, sent, reason)
					: Mono.just(Recovery.insufficientScope(reason));
		});
	}

	/**
	 * Ask for more scopes where no person has to. A refusal leaves the token in use.
	 */
	private Mono<Recovery> widened(Grant grant, AccessToken token, String reason) {
		RefusedRenewal verdict = this.state.verdictOn(grant);
		if (verdict != null) {
			return Mono.just(Recovery.insufficientScope("%s: %s".formatted(reason, verdict.reason())));
		}
		RetryBackoff gate = this.state.gate();
		Instant now = this.clock.instant();
		if (this.flight.get() == null && gate != null && gate.isClosed(now)) {
			return Mono.just(Recovery.transientFailure(gate.reason(), gate.remaining(now)));
		}
		return await(token, Trigger.REJECTION).map((result) -> {
			Recovery recovery = checked(result, token);
			return (recovery.outcome() == Recovery.Outcome.REAUTHORIZE)
					? Recovery.insufficientScope("%s: %s".formatted(reason, recovery.reason())) : recovery;
		});
	}

	private Mono<Recovery> recover(CachedGrant view, Rejection rejection) {
		AccessToken sent = rejection.sent();
		AccessToken token = view.token();
		Grant grant = view.grant();
		String none = this.renewal.objection(null);
		if (none != null && (token == null || grant == null)) {
			return Mono.just(Recovery.reauthorize((sent != null) ? "its login was removed" : none));
		}
		if (token == null || grant == null || !token.equals(sent)) {
			return answer(view).map(Recovery::adopted)
				.onErrorResume(McpOAuthException.class, (ex) -> Mono.just(recoveryFrom(ex)));
		}
		Instant now = this.clock.instant();
		RejectedToken before = this.state.refusal();
		boolean braked = before != null && before.appliesTo(token) && before.replayed()
				&& before.isYoungerThan(this.settings.brake(), now);
		if (braked) {
			return Mono.just(Recovery.reauthorize(REFUSED_AT_ONCE));
		}
		if (rejection.replayed() && !view.isExpired(now.toEpochMilli())) {
			return (this.flight.get() != null) ? await(token, Trigger.REJECTION).map((result) -> checked(result, token))
					: confirm(token);
		}
		this.state.refused(token, false);
		String dead = deadEnd(grant, this.state.refusal(), now);
		if (dead != null) {
			return Mono.just(Recovery.reauthorize(dead));
		}
		RetryBackoff gate = this.state.gate();
		if (this.flight.get() == null && gate != null && gate.isClosed(now)) {
			return Mono.just(Recovery.transientFailure(gate.reason(), gate.remaining(now)));
		}
		return await(token, Trigger.REJECTION).map((result) -> checked(result, token));
	}

	/**
	 * The server refuses a token that was issued just now. Another process may have
	 * renewed it since: until its successor is stored, that process holds the lock.
	 */
	private Mono<Recovery> confirm(AccessToken refused) {
		return this.reader.settled().map((view) -> {
			AccessToken token = view.token();
			if (token != null && !token.equals(refused)) {
				return Recovery.adopted(token);
			}
			this.state.refused(refused, true);
			return Recovery.reauthorize(REFUSED_AT_ONCE);
		})
			.timeout(this.settings.recoveryTimeout(),
					Mono.just(Recovery.transientFailure("its token may be being renewed by another process", null)));
	}

	/**
	 * A recovery that lands on the rejected token has recovered nothing.
	 */
	private static Recovery checked(RefreshResult result, AccessToken rejected) {
		Recovery recovery = result.recovery();
		if (rejected.equals(recovery.token())) {
			return Recovery.reauthorize("the authorization server issues the token that the server refuses");
		}
		return recovery;
	}

	private static Recovery recoveryFrom(McpOAuthException ex) {
		if (ex instanceof LoginRequiredException login) {
			return Recovery.reauthorize(login.getReason());
		}
		Duration retryAfter = (ex instanceof TransientAuthorizationException failure) ? failure.getRetryAfter() : null;
		return Recovery.transientFailure(String.valueOf(ex.getMessage()), retryAfter);
	}

	/**
	 * Say that the server took a token.
	 * @param token the token that was sent
	 */
	public void accepted(AccessToken token) {
		this.state.accepted(token);
	}

	/**
	 * Renew the token now, unless it is good for longer than asked. A closed gate does
	 * not keep from it.
	 * @param minTtl how long it must still be good for to be left alone, {@code null} to
	 * renew it whatever its age
	 * @return an empty mono; fails as {@link #token()} does
	 */
	public Mono<Void> refresh(@Nullable Duration minTtl) {
		return this.reader.current().flatMap((view) -> {
			Grant grant = view.grant();
			String obstacle = (grant != null) ? this.binding.violation(grant) : this.renewal.objection(null);
			if (obstacle != null && !this.renewal.startsAnew()) {
				return Mono.error(personNeeded(obstacle));
			}
			if (obstacle == null && grant != null && minTtl != null && isGoodFor(grant, minTtl)) {
				return Mono.empty();
			}
			return Mono.deferContextual((caller) -> join(view.token(), Trigger.DEMAND, caller).landing())
				.flatMap((result) -> {
					McpOAuthException failure = failure(result);
					return (failure != null) ? Mono.error(failure) : Mono.<Void>empty();
				});
		});
	}

	private boolean isGoodFor(Grant grant, Duration minTtl) {
		Instant expiresAt = grant.expiresAt();
		return expiresAt == null || this.clock.instant().plus(minTtl).isBefore(expiresAt);
	}

	/**
	 * What is known, from memory and the store.
	 * @return a mono with the status, which does not fail
	 */
	public Mono<ServerStatus> status() {
		StatusProjection report = new StatusProjection(this.server, this.key, this.store.location(this.key), this.state,
				this.renewal, this.binding);
		return this.reader.current()
			.map((view) -> report.of(view, this.clock.instant()))
			.onErrorResume(TokenStoreException.class, (ex) -> Mono.just(report.of(ex)));
	}

	/**
	 * The end of the refresh under way.
	 * @return a mono that ends with it, at once if there is none
	 */
	Mono<Void> landing() {
		return Mono.defer(() -> {
			RefreshAttempt current = this.flight.get();
			return (current != null) ? current.landing().then() : Mono.empty();
		});
	}

	private Mono<RefreshResult> await(@Nullable AccessToken replaces, Trigger trigger) {
		Duration timeout = this.settings.recoveryTimeout();
		return Mono.deferContextual((caller) -> join(replaces, trigger, caller).landing())
			.timeout(timeout)
			.onErrorResume(TimeoutException.class, (ex) -> Mono.just(new RefreshResult.Transient(
					"its token is still being renewed after %d ms".formatted(timeout.toMillis()), null)));
	}

	/**
	 * Take part in the flight under way, or start one.
	 */
	private RefreshAttempt join(@Nullable AccessToken replaces, Trigger trigger, ContextView caller) {
		while (true) {
			RefreshAttempt current = this.flight.get();
			if (current != null) {
				return current;
			}
			RefreshAttempt next = new RefreshAttempt(this.server, this.key, replaces, trigger, this.store, this.renewal,
					this.state, this.binding, this.settings, this.strikes, this.listener, this.clock);
			if (this.flight.compareAndSet(null, next)) {
				RefreshResult tooEarly = (trigger != Trigger.DEMAND) ? tooEarly() : null;
				if (tooEarly != null) {
					this.flight.set(null);
					next.land(tooEarly);
					return next;
				}
				GrantProvider kept = this.registry.apply(this);
				if (!equals(kept)) {
					// Forgotten meanwhile: what a flight knows must not be with one that
					// nobody finds
					kept.join(replaces, trigger, caller).landing().subscribe((result) -> {
						this.flight.set(null);
						next.land(result);
					});
					return next;
				}
				Mono<RefreshResult> run = this.listener.observe(
						new McpOAuthWork(Kind.REFRESH, this.server.name(), trigger), caller,
						inContext(next.run(), caller), RefreshResult::outcome);
				run.subscribeOn(Schedulers.boundedElastic()).subscribe((result) -> {
					this.reader.lookAgain();
					this.flight.set(null);
					next.land(result);
				});
				return next;
			}
		}
	}

	/**
	 * Whose token is asked for may be known from the request that needs it. That is true
	 * of a principal's grant only, the application's own is not any caller's, and of a
	 * request that is that principal's: one may name the grant of somebody else.
	 */
	private Mono<RefreshResult> inContext(Mono<RefreshResult> run, ContextView caller) {
		if (this.key.principal() == null) {
			return run;
		}
		return Mono.defer(() -> this.principals.resolve(this.server, caller))
			.contextWrite(caller)
			.timeout(this.settings.recoveryTimeout())
			.map(this.key::equals)
			.onErrorReturn(false)
			.defaultIfEmpty(false)
			.flatMap((theirs) -> theirs ? run.contextWrite(caller) : run);
	}

	/**
	 * A flight may have failed between a caller's look at the gate and its start.
	 */
	private @Nullable RefreshResult tooEarly() {
		Instant now = this.clock.instant();
		RetryBackoff gate = this.state.gate();
		return (gate != null && gate.isClosed(now)) ? new RefreshResult.Transient(gate.reason(), gate.remaining(now))
				: null;
	}

}
