// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Recovery.Outcome;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedIn;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedOut;
import io.github.mcpoauth.event.McpOAuthEvent.LoginFailed;
import io.github.mcpoauth.event.McpOAuthEvent.LoginRequired;
import io.github.mcpoauth.event.McpOAuthEvent.LoginStarted;
import io.github.mcpoauth.event.McpOAuthEvent.RefreshFailed;
import io.github.mcpoauth.event.McpOAuthEvent.ServerRemoved;
import io.github.mcpoauth.event.McpOAuthEvent.TokenAdopted;
import io.github.mcpoauth.event.McpOAuthEvent.TokenRefreshed;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link McpOAuthEvent events}: once for each time, not for each caller.
 */
class McpOAuthEventTests {

	private static final int CALLERS = 20;

	private final ManagerFixture fixture = new ManagerFixture();

	private final McpOAuthManager manager = this.fixture.manager;

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void eventWhenManyCallersRecoverOneTokenIsPublishedOnce() {
		Grant grant = this.fixture.revokedGrant();
		assertThat(recoverAll(grant.toAccessToken())).allMatch(Recovery::isRecovered);
		assertThat(this.fixture.events).singleElement().isInstanceOfSatisfying(TokenRefreshed.class, (event) -> {
			assertThat(event.server()).isEqualTo("github");
			assertThat(event.at()).isEqualTo(this.fixture.clock.instant());
			assertThat(event.expiresAt()).isEqualTo(this.fixture.stored().expiresAt());
			assertThat(event.persisted()).isTrue();
		});
		assertNoEventHas(grant, this.fixture.stored());
	}

	@Test
	void eventWhenAnotherProcessRenewedIsPublishedOnce() {
		this.fixture.grant();
		this.fixture.token();
		assertThat(this.fixture.events).as("the first look is not a change").isEmpty();
		Grant theirs = this.fixture.grant();
		Flux.range(0, CALLERS)
			.flatMap((caller) -> this.manager.provider(this.fixture.key).token())
			.blockLast(ManagerFixture.PATIENCE);
		assertThat(this.fixture.events).singleElement()
			.isInstanceOfSatisfying(TokenAdopted.class,
					(event) -> assertThat(event.expiresAt()).isEqualTo(theirs.expiresAt()));
	}

	@Test
	void eventWhenRefreshFailsIsPublishedForEachTryAndNotForEachCaller() {
		Grant grant = this.fixture.revokedGrant();
		this.fixture.authorizationServer.http().handle(TestAuthorizationServer.TOKEN, Answer.status(503));
		assertThat(recoverTogether(grant)).allMatch((recovery) -> recovery.outcome() == Outcome.TRANSIENT);
		this.fixture.clock.advance(Duration.ofMinutes(2));
		assertThat(recoverTogether(grant)).allMatch((recovery) -> recovery.outcome() == Outcome.TRANSIENT);
		assertThat(this.fixture.events).allMatch(RefreshFailed.class::isInstance)
			.extracting((event) -> ((RefreshFailed) event).failures())
			.containsExactly(1, 2);
		assertNoEventHas(grant);
	}

	@Test
	void eventWhenPersonIsNeededIsPublishedOnceUntilThereIsAnotherToken() {
		Grant grant = this.fixture.revokedGrant();
		this.fixture.authorizationServer.revokeGrant(Objects.requireNonNull(grant.refreshToken()));
		assertThat(recoverAll(grant.toAccessToken())).allMatch((recovery) -> recovery.outcome() == Outcome.REAUTHORIZE);
		assertThat(recoverAll(grant.toAccessToken())).allMatch((recovery) -> recovery.outcome() == Outcome.REAUTHORIZE);
		assertThat(this.fixture.events).singleElement().isInstanceOfSatisfying(LoginRequired.class, (event) -> {
			assertThat(event.reason()).contains("invalid_grant");
			assertThat(event.action()).isEqualTo("mcp login github");
		});
		Grant next = this.fixture.revokedGrant();
		this.fixture.authorizationServer.revokeGrant(Objects.requireNonNull(next.refreshToken()));
		recoverAll(next.toAccessToken());
		assertThat(this.fixture.events).hasExactlyElementsOfTypes(LoginRequired.class, TokenAdopted.class,
				LoginRequired.class);
		assertNoEventHas(grant, next);
	}

	@Test
	void eventWhenNobodyHasLoggedInIsPublishedByTheFirstRequestOnly() {
		this.manager.provider(this.fixture.key).status().block(ManagerFixture.PATIENCE);
		assertThat(this.fixture.events).as("looking is not needing").isEmpty();
		Flux.range(0, 2)
			.concatMap((call) -> this.manager.provider(this.fixture.key).recover(Rejection.of(null, List.of("Bearer"))))
			.blockLast(ManagerFixture.PATIENCE);
		assertThat(this.fixture.events).singleElement().isInstanceOf(LoginRequired.class);
	}

	@Test
	void eventWhenTokenCannotBeStoredSaysSo() {
		this.fixture.grant();
		this.fixture.store.failSaves(this.fixture.key, new TokenStoreException("github", "The disk is full", null));
		this.manager.provider(this.fixture.key).refresh(null).onErrorComplete().block(ManagerFixture.PATIENCE);
		assertThat(this.fixture.events).hasExactlyElementsOfTypes(TokenRefreshed.class, RefreshFailed.class)
			.first()
			.isInstanceOfSatisfying(TokenRefreshed.class, (event) -> assertThat(event.persisted()).isFalse());
	}

	@Test
	void eventWhenLoginIsJoinedIsPublishedOnceAndHidesItsAddress() throws Exception {
		Login login = begin();
		assertThat(begin()).isEqualTo(login);
		LoginStarted started = take(LoginStarted.class);
		assertThat(started.flow()).isEqualTo(login.id());
		assertThat(started.authorizationUrl()).isEqualTo(login.authorizationUrl());
		assertThat(started.toString()).doesNotContain("http");
		login.complete(consent(login)).block(ManagerFixture.PATIENCE);
		LoggedIn loggedIn = take(LoggedIn.class);
		assertThat(loggedIn.flow()).isEqualTo(login.id());
		assertThat(loggedIn.expiresAt()).isEqualTo(this.fixture.stored().expiresAt());
		assertThat(this.fixture.events).isEmpty();
	}

	@Test
	void eventWhenLoginIsDeniedSaysWhy() throws Exception {
		this.fixture.authorizationServer.deny("access_denied");
		Login login = begin();
		login.complete(consent(login)).onErrorComplete().block(ManagerFixture.PATIENCE);
		take(LoginStarted.class);
		LoginFailed failed = take(LoginFailed.class);
		assertThat(failed.flow()).isEqualTo(login.id());
		assertThat(failed.reason()).isEqualTo(LoginException.Reason.DENIED);
	}

	@Test
	void eventWhenLoginCannotStartHasNoFlow() throws Exception {
		this.fixture.authorizationServer.close();
		this.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.onErrorComplete()
			.block(ManagerFixture.PATIENCE);
		assertThat(take(LoginFailed.class).flow()).isNull();
		assertThat(this.fixture.events).isEmpty();
	}

	@Test
	void eventWhenLoggedOutAndRemovedIsPublished() throws Exception {
		this.fixture.grant();
		this.manager.provider(this.fixture.key).logout().block(ManagerFixture.PATIENCE);
		assertThat(take(LoggedOut.class).revoked()).isTrue();
		this.manager.provider(this.fixture.key).remove().block(ManagerFixture.PATIENCE);
		assertThat(take(ServerRemoved.class).revoked()).isFalse();
		assertThat(this.fixture.events).isEmpty();
	}

	/**
	 * All of them wait for the same refresh.
	 */
	private List<Recovery> recoverTogether(Grant grant) {
		TestHttpServer.Hold hold = this.fixture.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		Mono<List<Recovery>> all = recovering(grant.toAccessToken()).cache();
		all.subscribe();
		hold.await(1).release();
		return Objects.requireNonNull(all.block(ManagerFixture.PATIENCE));
	}

	private List<Recovery> recoverAll(AccessToken rejected) {
		return Objects.requireNonNull(recovering(rejected).block(ManagerFixture.PATIENCE));
	}

	private Mono<List<Recovery>> recovering(AccessToken rejected) {
		Rejection rejection = Rejection.of(rejected, List.of("Bearer error=\"invalid_token\""));
		return Flux
			.merge(IntStream.range(0, CALLERS)
				.mapToObj((caller) -> this.manager.provider(this.fixture.key).recover(rejection))
				.toList())
			.collectList();
	}

	private Login begin() {
		return Objects.requireNonNull(this.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE));
	}

	private static String consent(Login login) {
		URI authorizationUrl = Objects.requireNonNull(login.authorizationUrl());
		return Objects.requireNonNull(WebClient.create()
			.get()
			.uri(authorizationUrl)
			.exchangeToMono((response) -> response.releaseBody()
				.then(Mono.just(String.valueOf(response.headers().asHttpHeaders().getLocation()))))
			.block(ManagerFixture.PATIENCE));
	}

	private <T extends McpOAuthEvent> T take(Class<T> type) throws InterruptedException {
		McpOAuthEvent event = this.fixture.events.poll(ManagerFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS);
		assertThat(event).isInstanceOf(type);
		return type.cast(event);
	}

	private void assertNoEventHas(Grant... grants) {
		for (Grant grant : grants) {
			assertThat(this.fixture.events.toString()).doesNotContain(grant.accessToken().reveal(),
					Objects.requireNonNull(grant.refreshToken()).reveal());
		}
	}

}
