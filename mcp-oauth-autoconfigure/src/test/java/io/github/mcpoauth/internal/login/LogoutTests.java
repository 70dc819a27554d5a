// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Logout} through {@link LoginService}, over real HTTP.
 */
class LogoutTests extends LoginTestBase {

	@Test
	@DisplayName("F37 the refresh token is revoked first, then the access token; the client is kept")
	void logoutWhenLoggedInRevokesAndForgets() {
		Grant grant = logIn(server());
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isTrue();
		assertThat(this.store.get(KEY)).isNull();
		assertThat(this.store.getClient(KEY)).isNotNull();
		List<Request> revocations = this.authorizationServer.http().requests(TestAuthorizationServer.REVOKE);
		assertThat(revocations).extracting((request) -> request.parameter("token"))
			.containsExactly(refreshToken(grant), grant.accessToken().reveal());
		assertThat(revocations).extracting((request) -> request.parameter("token_type_hint"))
			.containsExactly("refresh_token", "access_token");
		assertThat(revocations).extracting((request) -> request.parameter("client_id")).containsOnly(grant.clientId());
		assertThat(this.authorizationServer.isRefreshable(refreshToken(grant))).isFalse();
		assertThat(this.authorizationServer.isActive(grant.accessToken().reveal())).isFalse();
	}

	@Test
	void logoutWhenTheClientIsConfiguredAuthenticatesIt() {
		this.authorizationServer.client("mine", "secret");
		assertThat(logIn(server((settings) -> settings.clientId("mine").clientSecret(Secret.of("secret")))).clientId())
			.isEqualTo("mine");
		assertThat(this.service
			.logout(server((settings) -> settings.clientId("mine").clientSecret(Secret.of("secret"))), server().key())
			.block(PATIENCE)).isTrue();
	}

	@Test
	void logoutWhenThereIsNoRefreshTokenRevokesTheAccessToken() {
		this.authorizationServer.issueRefreshTokens(false);
		logIn(server());
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isTrue();
		assertThat(this.authorizationServer.revocations()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 401, 403, 404, 500, 503 })
	@DisplayName("F37 the local removal succeeds whatever the authorization server answers")
	void logoutWhenTheServerDoesNotConfirmForgetsAllTheSame(int status) {
		logIn(server());
		this.authorizationServer.http().handle(TestAuthorizationServer.REVOKE, Answer.error(status, "no"));
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(this.store.get(KEY)).isNull();
		assertThat(this.authorizationServer.revocations()).isEqualTo(2);
	}

	@Test
	void logoutWhenOnlyTheRefreshTokenCanBeRevokedIsConfirmed() {
		logIn(server());
		this.authorizationServer.http()
			.next(TestAuthorizationServer.REVOKE, Answer.status(200), Answer.error(400, "unsupported_token_type"));
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isTrue();
	}

	@Test
	void logoutWhenTheRefreshTokenCannotBeRevokedIsNotConfirmed() {
		logIn(server());
		this.authorizationServer.http().next(TestAuthorizationServer.REVOKE, Answer.status(503));
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(this.authorizationServer.revocations()).isEqualTo(2);
	}

	@Test
	@DisplayName("F37 the local removal succeeds when the authorization server is gone")
	void logoutWhenTheServerIsGoneForgetsAllTheSame() {
		logIn(server());
		this.authorizationServer.close();
		this.mcpServer.close();
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(this.store.get(KEY)).isNull();
	}

	@Test
	@DisplayName("F37 the revocation takes a bounded time")
	void logoutWhenTheServerHangsDoesNotWaitForEver() {
		logIn(server());
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.REVOKE);
		try (LoginService hasty = new LoginService(endpoints(this.store),
				new LoginSettings(PATIENCE, PATIENCE, Duration.ofMillis(200)), this.store, Browser.none(),
				McpOAuthListener.none())) {
			assertThat(hasty.logout(server(), server().key()).block(PATIENCE)).isFalse();
		}
		assertThat(this.store.get(KEY)).isNull();
		hold.release();
	}

	@Test
	void logoutWhenThereIsNoRevocationEndpointIsNotConfirmed() {
		this.authorizationServer.metadata((metadata) -> metadata.remove("revocation_endpoint"));
		logIn(server());
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(this.store.get(KEY)).isNull();
		assertThat(this.authorizationServer.revocations()).isZero();
	}

	@Test
	void logoutWhenNobodyIsLoggedInIsNotConfirmed() {
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(this.authorizationServer.http().requests()).isEmpty();
	}

	@Test
	void logoutWhenTheRecordIsCorruptForgetsIt() {
		this.store.corrupt(KEY);
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(Objects.requireNonNull(this.store.load(KEY).block(PATIENCE)).grant()).isNull();
	}

	@Test
	void logoutWhenTheStoreFailsChangesNothing() {
		Grant grant = logIn(server());
		TokenStoreException failure = new TokenStoreException("test", "no disk", null);
		this.store.failLoads(KEY, failure);
		assertThatExceptionOfType(TokenStoreException.class)
			.isThrownBy(() -> this.service.logout(server(), server().key()).block(PATIENCE))
			.isEqualTo(failure);
		assertThat(grant()).isEqualTo(grant);
		assertThat(this.authorizationServer.revocations()).isZero();
	}

	@Test
	@DisplayName("F37 a logout waits for a refresh in flight and revokes what it brought")
	void logoutWhenARefreshIsInFlightRevokesItsTokens() {
		Grant before = logIn(server());
		Grant refreshed = this.authorizationServer.issue(Objects.requireNonNull(before.clientId()), null)
			.mutate()
			.generation(before.generation() + 1)
			.build();
		Sinks.Empty<Void> answer = Sinks.empty();
		this.store
			.locked(KEY, PATIENCE, answer.asMono().then(Mono.defer(() -> this.store.save(KEY, refreshed, before))))
			.subscribe();
		Mono<Boolean> logout = this.service.logout(server(), server().key()).cache();
		Disposable running = logout.subscribe();
		assertThat(this.store.awaitWaiters(KEY, 1)).isTrue();
		answer.tryEmitEmpty();
		assertThat(logout.block(PATIENCE)).isTrue();
		assertThat(this.store.get(KEY)).isNull();
		assertThat(this.authorizationServer.isRefreshable(refreshToken(refreshed))).isFalse();
		running.dispose();
	}

	@Test
	@DisplayName("F37 a holder of the lock that hangs does not prevent a logout")
	void logoutWhenTheLockIsNotHadForgetsAllTheSame() {
		logIn(server());
		Disposable hanging = this.store.locked(KEY, PATIENCE, Mono.never()).subscribe();
		try (LoginService hasty = new LoginService(endpoints(this.store),
				new LoginSettings(Duration.ofMillis(50), PATIENCE, PATIENCE), this.store, Browser.none(),
				McpOAuthListener.none())) {
			assertThat(hasty.logout(server(), server().key()).block(PATIENCE)).isTrue();
		}
		assertThat(this.store.get(KEY)).isNull();
		hanging.dispose();
	}

	@Test
	@DisplayName("F30 a user who logs out while a login is in flight stays logged out")
	void logoutWhenALoginIsInFlightCancelsIt() {
		LoginRun login = begin(server());
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(this.service.current(KEY)).isNull();
		assertThat(this.store.get(KEY)).isNull();
	}

	@Test
	void logoutWhenThePublicClientIsNotStoredUsesItsIdentifier() {
		Grant grant = logIn(server());
		this.store.deleteClient(KEY).block(PATIENCE);
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isTrue();
		assertThat(this.authorizationServer.isRefreshable(refreshToken(grant))).isFalse();
	}

	@Test
	void logoutWhenTheGrantIsOfAnotherIssuerDoesNotShowItsTokensToThisOne() {
		Grant grant = logIn(server());
		this.store.put(KEY, grant.mutate().issuer("https://other.example").build());
		assertThat(this.service.logout(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(this.authorizationServer.revocations()).isZero();
		assertThat(this.store.get(KEY)).isNull();
	}

	@Test
	void purgeWhenLoggedInRevokesAndForgetsEverything() {
		Grant grant = logIn(server());
		assertThat(this.service.purge(server(), server().key()).block(PATIENCE)).isTrue();
		assertThat(this.store.get(KEY)).isNull();
		assertThat(this.store.getClient(KEY)).isNull();
		assertThat(this.store.getMetadata(KEY)).isNull();
		assertThat(this.authorizationServer.isRefreshable(refreshToken(grant))).isFalse();
	}

	@Test
	void purgeWhenTheClientHasASecretUsesItBeforeForgettingIt() {
		this.authorizationServer.metadata(
				(metadata) -> metadata.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic")));
		Grant grant = logIn(server());
		assertThat(this.service.purge(server(), server().key()).block(PATIENCE)).isTrue();
		assertThat(this.authorizationServer.isRefreshable(refreshToken(grant))).isFalse();
	}

	@Test
	void purgeWhenNobodyIsLoggedInForgetsTheClient() {
		this.store.saveClient(KEY, OAuthClient.with("x", OAuthClient.Origin.REGISTERED).authMethod("none").build())
			.block(PATIENCE);
		assertThat(this.service.purge(server(), server().key()).block(PATIENCE)).isFalse();
		assertThat(this.store.getClient(KEY)).isNull();
	}

	private static String refreshToken(Grant grant) {
		return Objects.requireNonNull(grant.refreshToken()).reveal();
	}

}
