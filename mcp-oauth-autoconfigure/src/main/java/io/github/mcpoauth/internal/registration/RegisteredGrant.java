// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.registration;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.Explanation;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.internal.protocol.TokenChallenges;
import io.github.mcpoauth.internal.refresh.RefreshContext;
import io.github.mcpoauth.internal.refresh.RefreshEvents;
import io.github.mcpoauth.internal.refresh.RetryBackoff;
import io.github.mcpoauth.internal.refresh.TokenSource;
import io.github.mcpoauth.internal.registration.AuthorizedClients.AuthorizedClient;
import io.github.mcpoauth.internal.registration.RegistrationMemory.Missing;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.Pause;
import io.github.mcpoauth.internal.work.SharedWork;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The token of one user that Spring Security keeps. Each request asks Spring Security, so
 * that a login or a logout there counts at once. Callers of the same user share one
 * question at a time, which bounds the requests to the authorization server and keeps a
 * rotated refresh token from being sent twice.
 */
public final class RegisteredGrant implements TokenSource {

	private static final String REJECTED_AT_ONCE = "the server rejects its token, also the one that replaced it just now";

	/**
	 * Callers may have joined work that was begun for another token.
	 */
	private static final int MOST_JOINS = 3;

	private final McpServer server;

	private final GrantKey key;

	private final String registration;

	private final @Nullable AuthorizedClients clients;

	private final RefreshContext context;

	private final RefreshEvents events;

	private final SharedWork<ClientToken> work;

	// Written by each request of the user, with a client of the same user
	private volatile @Nullable AuthorizedClient shown;

	private final AtomicReference<RegistrationMemory> memory = new AtomicReference<>(RegistrationMemory.EMPTY);

	/**
	 * Create the grant.
	 * @param server the server, with a registration
	 * @param key the grant
	 * @param clients the tokens that Spring Security keeps, {@code null} in a process
	 * without them
	 * @param context shared by all grants
	 * @param exchangeTimeout how long one question may take
	 */
	RegisteredGrant(McpServer server, GrantKey key, @Nullable AuthorizedClients clients, RefreshContext context,
			Duration exchangeTimeout) {
		this.server = server;
		this.key = key;
		this.registration = String.valueOf(server.oauth().registration());
		this.clients = clients;
		this.context = context;
		this.events = new RefreshEvents(server, key, context.listener(), context.time().clock());
		this.work = new SharedWork<>("The token of registration '%s'".formatted(this.registration), exchangeTimeout,
				context.threads());
	}

	@Override
	public McpServer server() {
		return this.server;
	}

	@Override
	public GrantKey key() {
		return this.key;
	}

	/**
	 * Whether the user is known to have to log in.
	 */
	boolean isLoginRequired() {
		return memory().missing() != null;
	}

	/**
	 * As declared; empty for the application's own grant where the registration needs a
	 * user.
	 */
	@Override
	public Mono<AccessToken> token() {
		return client().flatMap(this::current).map((token) -> {
			if (memory().isRejected(token.token(), nanos())) {
				this.events.loginRequired(REJECTED_AT_ONCE, null);
				throw new LoginRequiredException(this.server, this.key, REJECTED_AT_ONCE);
			}
			return token.token();
		});
	}

	/**
	 * The client of the user. A stream of a session that reconnects, and other work that
	 * names the grant, has no user in its context: it gets the client that the user's own
	 * requests have shown.
	 */
	private Mono<AuthorizedClient> client() {
		AuthorizedClients clients = this.clients;
		return (clients != null) ? Mono.defer(() -> clients.clientFor(this.server, this.key, this.shown))
			.doOnNext((client) -> this.shown = client) : Mono.empty();
	}

	/**
	 * Make the user of the Reactor context known, for work that names the grant later.
	 * @return an empty mono, which does not fail
	 */
	public Mono<Void> meet() {
		return (this.key.principal() != null)
				? client().then().onErrorResume(PrincipalRequiredException.class, (ex) -> Mono.empty()) : Mono.empty();
	}

	/**
	 * Ask Spring Security for the user's token, which it renews if it has expired.
	 */
	private Mono<ClientToken> current(AuthorizedClient client) {
		return Mono.defer(() -> {
			RegistrationMemory memory = memory();
			if (memory.isWaiting(nanos())) {
				ClientToken fallback = memory.fallback(now(), nanos());
				return (fallback != null) ? Mono.just(fallback) : Mono.error(waiting(memory));
			}
			return joined(() -> ask(client, null)).onErrorResume(TransientAuthorizationException.class, (ex) -> {
				ClientToken fallback = memory().fallback(now(), nanos());
				return (fallback != null) ? Mono.just(fallback) : Mono.error(ex);
			});
		});
	}

	/**
	 * Join the question under way, or ask. A caller waits for a bounded time, and the
	 * question goes on without it.
	 */
	private Mono<ClientToken> joined(Supplier<Mono<ClientToken>> question) {
		return this.context.threads()
			.within(this.work.join(question), this.context.settings().recoveryTimeout())
			.onErrorMap(TimeoutException.class, (ex) -> new TransientAuthorizationException(this.server.name(),
					"Spring Security has not answered for registration '%s' in time".formatted(this.registration), null,
					ex));
	}

	/**
	 * Runs once for all callers, and remembers its end before they hear.
	 */
	private Mono<ClientToken> ask(AuthorizedClient client, @Nullable ClientToken rejected) {
		return client.token(rejected)
			.doOnNext((token) -> received(token, rejected))
			.doOnError(TransientAuthorizationException.class, this::failed)
			.doOnError(LoginRequiredException.class, (ex) -> lost(new Missing(ex.getReason(), ex.getCorrection())));
	}

	private void received(ClientToken token, @Nullable ClientToken rejected) {
		RegistrationMemory before = this.memory.getAndUpdate((memory) -> memory.received(token, rejected));
		ClientToken known = before.current();
		if (known == null) {
			if (before.missing() != null) {
				this.events.adopted(token.token().expiresAt());
			}
		}
		else if (!known.token().equals(token.token())) {
			if (rejected != null || known.isExpired(now())) {
				this.events.refreshed(token.token().expiresAt(), true);
			}
			else {
				this.events.adopted(token.token().expiresAt());
			}
		}
	}

	private void failed(TransientAuthorizationException failure) {
		RegistrationMemory after = this.memory
			.updateAndGet((memory) -> memory.failed(RetryBackoff.after(memory.backoff(), this.context.time(),
					this.context.settings(), new RetryBackoff.Failure(String.valueOf(failure.getMessage()), null))));
		RetryBackoff backoff = after.backoff();
		if (backoff != null) {
			this.events.failed(backoff, backoff.remaining(nanos()));
		}
	}

	private void lost(Missing missing) {
		this.memory.updateAndGet((memory) -> memory.lost(missing));
		this.events.loginRequired(missing.reason(), missing.correction());
	}

	private TransientAuthorizationException waiting(RegistrationMemory memory) {
		RetryBackoff backoff = memory.backoff();
		return new TransientAuthorizationException(this.server.name(),
				(backoff != null) ? backoff.reason() : "the last renewal failed",
				(backoff != null) ? backoff.remaining(nanos()) : null, null);
	}

	@Override
	public void accepted(AccessToken token) {
		RegistrationMemory memory = memory();
		if (memory.untried() != null || memory.rejected() != null) {
			this.memory.updateAndGet((present) -> present.accepted(token));
		}
		this.events.accepted();
	}

	@Override
	public Mono<Recovery> recover(Rejection rejection) {
		return this.context.observed(this.server.name(), recovery(rejection));
	}

	private Mono<Recovery> recovery(Rejection rejection) {
		TokenChallenges challenges = TokenChallenges.of(rejection.challenges());
		AccessToken sent = rejection.sent();
		if (rejection.forbidden() && challenges.isInsufficientScope() && sent != null) {
			return Mono.just(Recovery.insufficientScope(
					"the request needs the scopes %s, which its token does not have. Add them to 'spring.security.oauth2.client.registration.%s.scope'"
						.formatted(UntrustedText.quote(String.join(" ", challenges.scopes())), this.registration)));
		}
		if (rejection.forbidden() && (!challenges.isInvalidToken() || rejection.replayed())) {
			return Mono.just(Recovery.notRecovered("the server forbids it"));
		}
		if (!challenges.areAboutOAuth()) {
			return Mono.just(Recovery.notRecovered("the server asks for another authentication than OAuth"));
		}
		return client().flatMap((client) -> current(client).flatMap((now) -> recovered(client, now, rejection)))
			.defaultIfEmpty(Recovery.reauthorize(withoutUser()))
			.onErrorResume(McpOAuthException.class, (ex) -> Mono.just(Recovery.failed(ex)));
	}

	private Mono<Recovery> recovered(AuthorizedClient client, ClientToken now, Rejection rejection) {
		AccessToken sent = now.token();
		if (!sent.equals(rejection.sent())) {
			return Mono.just(Recovery.adopted(sent));
		}
		RegistrationMemory memory = memory();
		if (memory.isRejected(sent, nanos())) {
			return Mono.just(rejectedAtOnce());
		}
		boolean atOnce = rejection.replayed() || memory.isUntried(sent);
		if (atOnce && !now.isExpired(now())) {
			if (rejection.session()) {
				// A new session of the server may show that the token is good
				return Mono.just(Recovery.reauthorize(REJECTED_AT_ONCE));
			}
			hold(sent);
			return Mono.just(rejectedAtOnce());
		}
		return memory.isWaiting(nanos()) ? Mono.error(waiting(memory)) : renewed(client, now, 1);
	}

	private Mono<Recovery> renewed(AuthorizedClient client, ClientToken rejected, int joins) {
		AtomicBoolean mine = new AtomicBoolean();
		return joined(() -> {
			mine.set(true);
			return ask(client, rejected);
		}).flatMap((token) -> {
			if (!token.token().equals(rejected.token())) {
				return Mono.just(Recovery.refreshed(token.token()));
			}
			if (!mine.get() && joins < MOST_JOINS) {
				return renewed(client, rejected, joins + 1);
			}
			hold(rejected.token());
			return Mono.just(rejectedAtOnce());
		});
	}

	/**
	 * Do not send a token again for a while.
	 */
	private void hold(AccessToken token) {
		Pause pause = Pause.begin(this.context.time(), this.context.settings().pauses().rejection());
		this.memory.updateAndGet((memory) -> memory.rejected(token, pause));
	}

	private Recovery rejectedAtOnce() {
		this.events.loginRequired(REJECTED_AT_ONCE, null);
		return Recovery.reauthorize(REJECTED_AT_ONCE);
	}

	@Override
	public Mono<Void> refresh(@Nullable Duration minTtl) {
		return client()
			.switchIfEmpty(Mono.error(() -> new LoginRequiredException(this.server, this.key, withoutUser())))
			.flatMap((client) -> current(client).flatMap((now) -> {
				Instant expiresAt = now.token().expiresAt();
				boolean good = minTtl != null && (expiresAt == null || now().plus(minTtl).isBefore(expiresAt));
				return good ? Mono.<Void>empty() : joined(() -> ask(client, now)).then();
			}));
	}

	@Override
	public Mono<ServerStatus> status() {
		return client().flatMap((client) -> client.stored().map((token) -> status(token)).defaultIfEmpty(status(null)))
			.onErrorResume(PrincipalRequiredException.class, (ex) -> Mono.empty())
			.switchIfEmpty(Mono.fromSupplier(this::elsewhere));
	}

	private ServerStatus status(@Nullable ClientToken stored) {
		RegistrationMemory memory = memory();
		ClientToken token = (stored != null) ? stored : memory.fallback(now(), nanos());
		RetryBackoff backoff = memory.backoff();
		if (token == null || !token.isUsable(now())) {
			Missing missing = memory.missing();
			String reason = (missing != null) ? missing.reason()
					: "no login with registration '%s' is stored".formatted(this.registration);
			return status(State.LOGIN_REQUIRED, new Explanation(reason, null, null, this.server.action(this.key)),
					token);
		}
		if (memory.isRejected(token.token(), nanos())) {
			return status(State.LOGIN_REQUIRED,
					new Explanation(REJECTED_AT_ONCE, null, null, this.server.action(this.key)), token);
		}
		if (backoff != null) {
			return status(State.REFRESH_FAILING,
					new Explanation(backoff.reason(), backoff.since(), now().plus(backoff.remaining(nanos())), null),
					token);
		}
		return status(State.AUTHORIZED, Explanation.NONE, token);
	}

	/**
	 * The status without a user to ask Spring Security for. It tells the last result in
	 * this process, and the place of the logins.
	 */
	private ServerStatus elsewhere() {
		RegistrationMemory memory = memory();
		Missing missing = memory.missing();
		if (missing != null) {
			return status(State.LOGIN_REQUIRED,
					new Explanation(missing.reason(), null, null, this.server.action(this.key)), null);
		}
		return status(State.AUTHORIZED, new Explanation(withoutUser(), null, null, null), memory.current());
	}

	private String withoutUser() {
		return "its tokens are those of the users who log in to the application with registration '%s' of Spring Security, and are known in their own requests only"
			.formatted(this.registration);
	}

	private ServerStatus status(State state, Explanation explanation, @Nullable ClientToken token) {
		return new ServerStatus(this.server.name(), this.server.url(), state, explanation,
				(token != null) ? token.details() : GrantDetails.NONE,
				"Spring Security, registration '%s'".formatted(this.registration));
	}

	private RegistrationMemory memory() {
		return Objects.requireNonNull(this.memory.get());
	}

	private Instant now() {
		return this.context.time().clock().instant();
	}

	private long nanos() {
		return this.context.time().nanos();
	}

}
