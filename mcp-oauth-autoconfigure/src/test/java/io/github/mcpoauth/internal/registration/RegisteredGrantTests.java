// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.registration;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Recovery.Outcome;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthEvent.LoginRequired;
import io.github.mcpoauth.event.McpOAuthEvent.RefreshFailed;
import io.github.mcpoauth.event.McpOAuthEvent.TokenAdopted;
import io.github.mcpoauth.event.McpOAuthEvent.TokenRefreshed;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.refresh.RefreshContext;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RegisteredGrant} with a Spring Security that answers as told.
 */
class RegisteredGrantTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Duration LIFE = Duration.ofMinutes(10);

	private static final McpServer SERVER = new McpServer("demo", URI.create("http://127.0.0.1:9/mcp"),
			OAuthSettings.builder().registration("idp").build());

	private static final GrantKey KEY = SERVER.key("alice");

	private final TestClock clock = TestClock.fixed();

	private final WorkThreads threads = WorkThreads.platform();

	private final List<McpOAuthEvent> events = new CopyOnWriteArrayList<>();

	private final ScriptedClients clients = new ScriptedClients();

	private final RegisteredGrant grant = grant(this.clients, RefreshSettings.defaults());

	@AfterEach
	void close() {
		this.threads.close();
	}

	@Test
	void tokenWhenAuthorizationServerFailsIsTheOldOneUntilItExpires() {
		ClientToken old = this.clients.answer("old");
		assertThat(token()).isEqualTo(old.token());
		this.clients.fail(new TransientAuthorizationException("demo", "away", null, null));
		assertThat(token()).isEqualTo(old.token());
		assertThat(token()).as("without a question, while it waits").isEqualTo(old.token());
		assertThat(this.clients.asked).hasSize(2);
		ServerStatus status = status();
		assertThat(status.state()).isEqualTo(State.REFRESH_FAILING);
		assertThat(status.explanation().reason()).contains("away");
		this.clients.fail(new TransientAuthorizationException("demo", "still away", null, null));
		this.clock.advance(LIFE);
		assertThatExceptionOfType(TransientAuthorizationException.class).isThrownBy(this::token)
			.withMessageContaining("still away");
		assertThatExceptionOfType(TransientAuthorizationException.class).isThrownBy(this::token)
			.withMessageContaining("still away")
			.satisfies((ex) -> assertThat(ex.getRetryAfter()).isPositive());
		assertThat(this.clients.asked).hasSize(3);
	}

	@Test
	void tokenWhenSpringSecurityDoesNotAnswerFailsInTime() {
		RefreshSettings settings = RefreshSettings.defaults();
		RegisteredGrant hasty = grant(this.clients, new RefreshSettings(settings.window(), settings.freshnessCheck(),
				Duration.ofMillis(50), settings.lockTimeout(), settings.storeTimeout(), settings.pauses()));
		this.clients.answers.add(Mono.never());
		assertThatExceptionOfType(TransientAuthorizationException.class).isThrownBy(() -> hasty.token().block(PATIENCE))
			.withMessageContaining("Spring Security has not answered for registration 'idp' in time");
	}

	@Test
	void tokenWhenItChangesTellsWhetherItWasRefreshedOrFound() {
		this.clients.answer("first");
		token();
		this.clients.answer("of another login");
		token();
		assertThat(this.events).singleElement().isInstanceOf(TokenAdopted.class);
		this.clock.advance(LIFE);
		this.clients.answer("renewed");
		token();
		assertThat(this.events).hasSize(2).last().isInstanceOf(TokenRefreshed.class);
	}

	@Test
	void tokenWhenUserLogsInAgainIsFoundAtOnce() {
		this.clients.fail(new LoginRequiredException(SERVER, KEY, "the refresh token was refused"));
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::token);
		assertThat(this.grant.isLoginRequired()).isTrue();
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(status().explanation().reason()).isEqualTo("the refresh token was refused");
		ClientToken found = this.clients.answer("new");
		assertThat(token()).isEqualTo(found.token());
		assertThat(this.grant.isLoginRequired()).isFalse();
		assertThat(this.events).hasExactlyElementsOfTypes(LoginRequired.class, TokenAdopted.class);
	}

	@Test
	void recoverWhenTokenCannotBeReplacedHoldsItBackForAWhile() {
		ClientToken old = this.clients.answer("old");
		token();
		Recovery recovery = recover(Rejection.of(old.token(), List.of("Bearer error=\"invalid_token\"")));
		assertThat(recovery.outcome()).isEqualTo(Outcome.REAUTHORIZE);
		int asked = this.clients.asked.size();
		assertThat(recover(Rejection.of(old.token(), List.of())).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(this.clients.asked.subList(asked, this.clients.asked.size())).as("no renewal")
			.containsOnly((ClientToken) null);
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::token);
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		this.clock.advance(RefreshSettings.defaults().pauses().rejection());
		assertThat(token()).as("tried once more").isEqualTo(old.token());
		this.grant.accepted(old.token());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(this.events).hasExactlyElementsOfTypes(LoginRequired.class);
	}

	@Test
	void recoverWhenTheReplacementIsRejectedAtOnceDoesNotRenewAgain() {
		ClientToken old = this.clients.answer("old");
		token();
		ClientToken renewed = token("renewed");
		this.clients.answers.add(Mono.just(old));
		this.clients.answers.add(Mono.just(renewed));
		assertThat(recover(Rejection.of(old.token(), List.of()))).isEqualTo(Recovery.refreshed(renewed.token()));
		Recovery ofSession = recover(new Rejection(renewed.token(), List.of(), false, false, true));
		assertThat(ofSession.outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(token()).as("a rejected session does not hold it back").isEqualTo(renewed.token());
		assertThat(recover(Rejection.of(renewed.token(), List.of())).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::token);
		assertThat(this.clients.asked).filteredOn((rejected) -> rejected != null).containsExactly(old);
	}

	@Test
	void recoverWhenTheReplacementWasAcceptedRenewsAgain() {
		ClientToken old = this.clients.answer("old");
		ClientToken renewed = token("renewed");
		this.clients.answers.add(Mono.just(renewed));
		recover(Rejection.of(old.token(), List.of()));
		this.grant.accepted(renewed.token());
		ClientToken again = token("again");
		this.clients.answers.add(Mono.just(renewed));
		this.clients.answers.add(Mono.just(again));
		assertThat(recover(Rejection.of(renewed.token(), List.of()))).isEqualTo(Recovery.refreshed(again.token()));
	}

	@Test
	void recoverWhenRequestWasSentWithAnOlderTokenHandsOutTheNewOne() {
		ClientToken present = this.clients.answer("present");
		assertThat(recover(Rejection.of(token("older").token(), List.of())))
			.isEqualTo(Recovery.adopted(present.token()));
	}

	@Test
	void recoverWhenARenewalFailedAsksNoMoreUntilThePauseIsOver() {
		ClientToken old = this.clients.answer("old");
		token();
		this.clients.answers.add(Mono.just(old));
		this.clients.fail(new TransientAuthorizationException("demo", "away", null, null));
		assertThat(recover(Rejection.of(old.token(), List.of())).outcome()).isEqualTo(Outcome.TRANSIENT);
		int asked = this.clients.asked.size();
		Recovery waiting = recover(Rejection.of(old.token(), List.of()));
		assertThat(waiting.outcome()).isEqualTo(Outcome.TRANSIENT);
		assertThat(waiting.retryAfter()).isPositive();
		assertThat(this.clients.asked).hasSize(asked);
	}

	@Test
	void tokenWhenServerAcceptsAHeldBackTokenAfterAllIsSentAgain() {
		ClientToken old = this.clients.answer("old");
		token();
		recover(Rejection.of(old.token(), List.of()));
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::token);
		this.grant.accepted(token("of another login").token());
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::token);
		this.grant.accepted(old.token());
		assertThat(token()).isEqualTo(old.token());
	}

	@Test
	void recoverWhenARenewalDoesNotHelpDoesNotRenew() {
		AccessToken token = this.clients.answer("token").token();
		token();
		Recovery scope = recover(new Rejection(token, List.of("Bearer error=\"insufficient_scope\", scope=\"a b\""),
				false, true, false));
		assertThat(scope.outcome()).isEqualTo(Outcome.INSUFFICIENT_SCOPE);
		assertThat(scope.reason()).contains("'a b'", "'spring.security.oauth2.client.registration.idp.scope'");
		assertThat(recover(new Rejection(token, List.of(), false, true, false)).outcome())
			.isEqualTo(Outcome.NOT_RECOVERED);
		assertThat(recover(new Rejection(token, List.of("Bearer error=\"invalid_token\""), true, true, false)))
			.isEqualTo(Recovery.notRecovered("the server forbids it"));
		assertThat(recover(Rejection.of(token, List.of("Basic realm=\"demo\""))))
			.isEqualTo(Recovery.notRecovered("the server asks for another authentication than OAuth"));
		assertThat(this.clients.asked).hasSize(1);
	}

	@Test
	void refreshWhenTokenIsGoodForLongEnoughKeepsIt() {
		ClientToken token = this.clients.answer("token");
		this.grant.refresh(LIFE.minusSeconds(1)).block(PATIENCE);
		assertThat(this.clients.asked).containsExactly((ClientToken) null);
		this.grant.refresh(LIFE).block(PATIENCE);
		this.grant.refresh(null).block(PATIENCE);
		assertThat(this.clients.asked).containsExactly(null, null, token, null, token);
	}

	@Test
	void grantWhenRequestHasNoUserTellsWhereTheLoginsAre() {
		this.clients.withoutUser = true;
		ServerStatus unknown = status();
		assertThat(unknown.state()).isEqualTo(State.AUTHORIZED);
		assertThat(unknown.explanation().reason()).contains("registration 'idp' of Spring Security");
		assertThat(this.grant.meet().blockOptional(PATIENCE)).isEmpty();
		assertThat(recover(Rejection.of(token("any").token(), List.of())).outcome()).isEqualTo(Outcome.NOT_RECOVERED);
		this.clients.withoutUser = false;
		this.clients.fail(new LoginRequiredException(SERVER, KEY, "the refresh token was refused"));
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::token);
		this.clients.withoutUser = true;
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(status().explanation().reason()).isEqualTo("the refresh token was refused");
	}

	@Test
	void grantWhenProcessHasNoSpringSecurityHasNoToken() {
		RegisteredGrant elsewhere = grant(null, RefreshSettings.defaults());
		assertThat(elsewhere.token().blockOptional(PATIENCE)).isEmpty();
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> elsewhere.refresh(null).block(PATIENCE))
			.withMessageContaining("registration 'idp' of Spring Security");
		Recovery recovery = elsewhere.recover(Rejection.of(null, List.of())).blockOptional(PATIENCE).orElseThrow();
		assertThat(recovery.outcome()).isEqualTo(Outcome.REAUTHORIZE);
	}

	@Test
	void statusWhenStoredTokenIsGoneOrCannotBeUsedRequiresALogin() {
		assertThat(status().explanation().reason()).isEqualTo("no login with registration 'idp' is stored");
		Instant past = this.clock.instant().minusSeconds(1);
		this.clients.stored = Mono.just(token("expired", past, false));
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		this.clients.stored = Mono.just(token("renewable", past, true));
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		this.clients.stored = Mono.just(token("without an end", null, false));
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	private @Nullable AccessToken token() {
		return this.grant.token().block(PATIENCE);
	}

	private Recovery recover(Rejection rejection) {
		return this.grant.recover(rejection).blockOptional(PATIENCE).orElseThrow();
	}

	private ServerStatus status() {
		return this.grant.status().blockOptional(PATIENCE).orElseThrow();
	}

	private ClientToken token(String value) {
		return token(value, this.clock.instant().plus(LIFE), true);
	}

	private static ClientToken token(String value, @Nullable Instant expiresAt, boolean refreshToken) {
		return new ClientToken(new AccessToken(Secret.of(value), "Bearer", expiresAt),
				new GrantDetails("https://idp", "agent", null, Set.of(), null, expiresAt, refreshToken));
	}

	private RegisteredGrant grant(@Nullable AuthorizedClients clients, RefreshSettings settings) {
		McpOAuthListener listener = new McpOAuthListener() {

			@Override
			public void onEvent(McpOAuthEvent event) {
				if (!(event instanceof RefreshFailed)) {
					RegisteredGrantTests.this.events.add(event);
				}
			}

		};
		return new RegisteredGrant(SERVER, KEY, clients, new RefreshContext(new MemoryTokenStore(), settings,
				PrincipalResolver.application(), listener, this.threads, this.clock.time()), PATIENCE);
	}

	/**
	 * Gives the answers in their order, and the last one again.
	 */
	private final class ScriptedClients implements AuthorizedClients, AuthorizedClients.AuthorizedClient {

		private final List<@Nullable ClientToken> asked = new CopyOnWriteArrayList<>();

		private final Deque<Mono<ClientToken>> answers = new ArrayDeque<>();

		private Mono<ClientToken> last = Mono.empty();

		private Mono<ClientToken> stored = Mono.empty();

		private boolean withoutUser;

		ClientToken answer(String value) {
			ClientToken token = RegisteredGrantTests.this.token(value);
			this.answers.add(Mono.just(token));
			this.stored = Mono.just(token);
			return token;
		}

		void fail(Exception failure) {
			this.answers.add(Mono.error(failure));
		}

		@Override
		public Mono<AuthorizedClient> clientFor(McpServer server, GrantKey key, @Nullable AuthorizedClient shown) {
			return this.withoutUser ? Mono.error(new PrincipalRequiredException("demo", "there is no user", null))
					: Mono.just(this);
		}

		@Override
		public synchronized Mono<ClientToken> token(@Nullable ClientToken rejected) {
			this.asked.add(rejected);
			Mono<ClientToken> next = this.answers.poll();
			if (next != null) {
				this.last = next;
			}
			return this.last;
		}

		@Override
		public Mono<ClientToken> stored() {
			return this.stored;
		}

	}

}
