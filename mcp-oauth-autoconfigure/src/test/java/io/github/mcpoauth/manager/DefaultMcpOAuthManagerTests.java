// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Recovery.Outcome;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link McpOAuthManager}.
 */
class DefaultMcpOAuthManagerTests {

	private final ManagerFixture fixture = new ManagerFixture();

	private final McpOAuthManager manager = this.fixture.manager;

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	@Test
	@DisplayName("Seed: an unknown server answers 'not recovered'")
	void recoverWhenServerIsUnknownIsNotRecovered() {
		McpOAuthProvider provider = this.manager.provider(this.fixture.key);
		this.manager.evict("github");
		StepVerifier.create(provider.recover(Rejection.of(null, List.of())))
			.assertNext((recovery) -> assertThat(recovery.outcome()).isEqualTo(Outcome.NOT_RECOVERED))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
	}

	@Test
	void providerWhenServerIsUnknownNamesTheKnownOnes() {
		assertThatExceptionOfType(UnknownServerException.class)
			.isThrownBy(() -> this.manager.provider(GrantKey.of("other")))
			.withMessageContaining("Known servers: github");
		StepVerifier.create(this.manager.providerFor("other"))
			.expectError(UnknownServerException.class)
			.verify(ManagerFixture.PATIENCE);
		assertThatExceptionOfType(UnknownServerException.class).isThrownBy(() -> this.manager.filter("other"));
	}

	@Test
	void loginWhenNoPersonIsNeededGetsATokenAtOnce() {
		this.fixture.authorizationServer.client("agent", "sesame");
		add(OAuthSettings.builder()
			.grantType(GrantType.CLIENT_CREDENTIALS)
			.clientId("agent")
			.clientSecret(Secret.of("sesame")));
		Login login = Objects.requireNonNull(this.manager.provider(GrantKey.of("github"))
			.login(LoginRequest.interactive())
			.block(ManagerFixture.PATIENCE));
		assertThat(login.authorizationUrl()).isNull();
		ServerStatus status = Objects.requireNonNull(login.completion().block(ManagerFixture.PATIENCE));
		assertThat(status.state()).isEqualTo(State.AUTHORIZED);
		assertThat(status.grant().clientId()).isEqualTo("agent");
		assertThat(this.manager.provider(this.fixture.key).logout().block(ManagerFixture.PATIENCE)).isTrue();
		assertThat(this.fixture.store.get(this.fixture.key)).isNull();
	}

	@Test
	void loginWhenNoPersonIsNeededAndItIsRefusedSaysWhatToCorrect() {
		add(OAuthSettings.builder()
			.grantType(GrantType.CLIENT_CREDENTIALS)
			.clientId("agent")
			.clientSecret(Secret.of("let-me-in")));
		StepVerifier.create(this.manager.provider(GrantKey.of("github")).login(LoginRequest.interactive()))
			.expectErrorSatisfies((ex) -> assertThat(ex)
				.isInstanceOfSatisfying(LoginException.class,
						(failure) -> assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION))
				.hasMessageContaining("'invalid_client'")
				.hasMessageContaining("Check 'mcp.servers.github.oauth.client-id'")
				.hasMessageNotContaining("let-me-in"))
			.verify(ManagerFixture.PATIENCE);
	}

	private void add(OAuthSettings.Builder settings) {
		this.manager.add(new McpServer("github", this.fixture.mcpServer.url(), settings.build()));
	}

	@Test
	void loginWhenAnsweredByTheBrowserIsUsedByTheNextRequest() {
		ServerStatus status = login();
		assertThat(status.state()).isEqualTo(State.AUTHORIZED);
		assertThat(status.grant().issuer()).isEqualTo(this.fixture.authorizationServer.issuer());
		String answer = this.fixture.client()
			.post()
			.uri(this.fixture.url())
			.bodyValue(ManagerFixture.ECHO)
			.retrieve()
			.bodyToMono(String.class)
			.block(ManagerFixture.PATIENCE);
		assertThat(answer).contains("echo");
		assertThat(this.fixture.mcpServer.unauthorized()).as("the probe of the login").isEqualTo(1);
	}

	@Test
	void logoutWhenLoggedInForgetsTheGrantAndKeepsTheClient() {
		login();
		String accessToken = this.fixture.token().value().reveal();
		assertThat(this.manager.provider(this.fixture.key).logout().block(ManagerFixture.PATIENCE)).isTrue();
		assertThat(this.fixture.authorizationServer.isActive(accessToken)).isFalse();
		StepVerifier.create(this.manager.provider(GrantKey.of("github")).token())
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.store.getClient(this.fixture.key)).isNotNull();
		assertThat(this.manager.servers()).hasSize(1);
	}

	@Test
	@DisplayName("F47: two accounts at one server go by name, and only a request that names none is ambiguous")
	void filterWhenTwoServersHaveOneUrlGoesByName() {
		this.fixture.grant();
		this.manager.add(McpServer.of("second", this.fixture.url()));
		this.fixture.grant(GrantKey.of("second"));
		assertThat(authorization(this.manager.filter("github")))
			.isNotEqualTo(authorization(this.manager.filter("second")));
		ClientRequest named = ClientRequest.create(HttpMethod.GET, this.fixture.url())
			.attribute(RequestAttributes.GRANT, GrantKey.of("second"))
			.build();
		StepVerifier.create(this.manager.providerFor(named).map(McpOAuthProvider::key))
			.expectNext(GrantKey.of("second"))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
		StepVerifier.create(this.manager.providerFor(ClientRequest.create(HttpMethod.GET, this.fixture.url()).build()))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(McpOAuthException.class)
				.hasMessageContaining("'github' and 'second' have the same URL")
				.hasMessageContaining("filter(\"github\")"))
			.verify(ManagerFixture.PATIENCE);
	}

	private @Nullable String authorization(ExchangeFilterFunction filter) {
		WebClient.builder()
			.filter(filter)
			.build()
			.post()
			.uri(this.fixture.url())
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(ManagerFixture.ECHO)
			.retrieve()
			.toBodilessEntity()
			.block(ManagerFixture.PATIENCE);
		List<TestHttpServer.Request> requests = this.fixture.mcpServer.http().requests(TestMcpServer.MCP);
		return requests.get(requests.size() - 1).header("Authorization");
	}

	@Test
	void removeWhenLoggedInLeavesNothing() {
		login();
		assertThat(this.manager.provider(this.fixture.key).remove().block(ManagerFixture.PATIENCE)).isTrue();
		assertThat(this.fixture.store.get(this.fixture.key)).isNull();
		assertThat(this.fixture.store.getClient(this.fixture.key)).isNull();
		assertThat(this.manager.servers()).isEmpty();
		assertThat(this.manager.providerFor(ClientRequest.create(HttpMethod.GET, this.fixture.url()).build())
			.block(ManagerFixture.PATIENCE)).isNull();
	}

	@Test
	void addWhenSettingsChangeKeepsTheStoredGrant() {
		this.fixture.grant();
		this.manager.add(new McpServer("github", this.fixture.url(), OAuthSettings.builder().clientName("x").build()));
		assertThat(this.fixture.token()).isEqualTo(this.fixture.stored().toAccessToken());
		assertThat(this.manager.evict("github")).isTrue();
		assertThat(this.manager.evict("github")).isFalse();
		assertThat(this.fixture.store.get(this.fixture.key)).as("evict leaves what is stored").isNotNull();
	}

	@Test
	void evictWhenALoginIsInFlightCancelsIt() {
		assertCancelled(() -> this.manager.evict("github"));
	}

	@Test
	void closeWhenALoginIsInFlightCancelsIt() {
		assertCancelled(this.manager::close);
	}

	@Test
	@DisplayName("Law 19: closing stores a login whose answer has arrived, and cancels one that waits")
	void closeWhenTheAnswerOfALoginHasArrivedStoresItsGrant() {
		Hold hold = this.fixture.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		CompletableFuture<ServerStatus> answered = CompletableFuture.supplyAsync(this::login);
		hold.await(1);
		Login waiting = Objects.requireNonNull(this.manager.provider(GrantKey.of("github", "alice"))
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE));
		CompletableFuture<Void> closed = CompletableFuture.runAsync(this.manager::close);
		StepVerifier.create(waiting.completion()).expectError(LoginException.class).verify(ManagerFixture.PATIENCE);
		hold.release();
		closed.join();
		assertThat(answered.join().state()).isEqualTo(State.AUTHORIZED);
		assertThat(this.fixture.store.get(this.fixture.key)).isNotNull();
	}

	private void assertCancelled(Runnable action) {
		Login login = Objects.requireNonNull(this.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE));
		action.run();
		StepVerifier.create(login.completion())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOfSatisfying(LoginException.class,
					(failure) -> assertThat(failure.getReason()).isEqualTo(Reason.CANCELLED)))
			.verify(ManagerFixture.PATIENCE);
	}

	private ServerStatus login() {
		Login login = Objects.requireNonNull(this.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE));
		assertThat(this.manager.provider(this.fixture.key).currentLogin()).isEqualTo(login);
		URI authorizationUrl = Objects.requireNonNull(login.authorizationUrl());
		String redirect = Objects.requireNonNull(WebClient.create()
			.get()
			.uri(authorizationUrl)
			.exchangeToMono((response) -> response.releaseBody()
				.thenReturn(String.valueOf(response.headers().asHttpHeaders().getLocation())))
			.block(ManagerFixture.PATIENCE));
		return Objects.requireNonNull(login.complete(redirect).block(ManagerFixture.PATIENCE));
	}

}
