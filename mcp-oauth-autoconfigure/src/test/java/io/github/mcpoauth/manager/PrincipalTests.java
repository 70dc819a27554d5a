// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.ConnectionProvider;
import reactor.test.StepVerifier;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that one application's grants of many people stay apart, over real HTTP. Each
 * request says in a header whose it is, and the authorization server knows whose each
 * token is.
 */
class PrincipalTests {

	private static final String USER = "user";

	private static final GrantKey ALICE = GrantKey.of("github", "alice");

	private static final GrantKey BOB = GrantKey.of("github", "bob");

	private final ManagerFixture fixture = new ManagerFixture(PrincipalResolver.fromContext(USER), false);

	private final ConnectionProvider connections = ConnectionProvider.builder("few")
		.maxConnections(3)
		.pendingAcquireMaxCount(-1)
		.build();

	private final WebClient client = this.fixture.client()
		.mutate()
		.clientConnector(new ReactorClientHttpConnector(reactor.netty.http.client.HttpClient.create(this.connections)))
		.build();

	private final Map<Integer, String> logins = new HashMap<>();

	@AfterEach
	void stop() {
		this.connections.dispose();
		this.fixture.close();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 3 })
	@DisplayName("Isolation: on shared connections of one WebClient each principal's request has its own token")
	void requestWhenManyShareConnectionsCarriesTheTokenOfItsPrincipal(int most) {
		ConnectionProvider shared = ConnectionProvider.builder("shared")
			.maxConnections(most)
			.pendingAcquireMaxCount(-1)
			.build();
		WebClient client = this.client.mutate()
			.clientConnector(new ReactorClientHttpConnector(reactor.netty.http.client.HttpClient.create(shared)))
			.build();
		List<GrantKey> keys = List.of(ALICE, BOB, GrantKey.of("github", "ALICE"), GrantKey.of("github", "al ice"));
		keys.forEach(this::loggedIn);
		Mono<List<HttpStatus>> calls = Flux.range(0, 400)
			.flatMap((number) -> request(client, keys.get(number % keys.size())), 100)
			.collectList()
			.doFinally((signal) -> shared.dispose());
		StepVerifier.create(calls)
			.assertNext((statuses) -> assertThat(statuses).hasSize(400).containsOnly(HttpStatus.OK))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
		assertNoTokenStrayed(400);
	}

	@Test
	@DisplayName("Isolation: a request without a principal is not sent, although grants are there")
	void requestWhenContextIsAbsentFails() {
		loggedIn(ALICE);
		loggedIn(this.fixture.key);
		request(ALICE).block(ManagerFixture.PATIENCE);
		StepVerifier.create(post(this.client, "nobody"))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(PrincipalRequiredException.class)
				.hasMessageContaining("the grant it needs cannot be determined")
				.hasMessageContaining("GrantKey.of(\"github\")"))
			.verify(ManagerFixture.PATIENCE);
		StepVerifier.create(post(this.client, "odd").contextWrite((context) -> context.put(USER, 1)))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(PrincipalRequiredException.class))
			.verify(ManagerFixture.PATIENCE);
		StepVerifier.create(post(this.client, "blank").contextWrite((context) -> context.put(USER, " ")))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(PrincipalRequiredException.class))
			.verify(ManagerFixture.PATIENCE);
		assertNoTokenStrayed(1);
	}

	@Test
	void requestWhenContextIsAbsentAndThatMeansTheApplicationHasItsToken() {
		try (ManagerFixture lenient = new ManagerFixture(PrincipalResolver.fromContext(USER), true)) {
			Grant own = lenient.grant();
			Grant alices = lenient.grant(ALICE);
			WebClient client = lenient.client();
			post(client, lenient.url(), "x").block(ManagerFixture.PATIENCE);
			post(client, lenient.url(), "x").contextWrite((context) -> context.put(USER, "alice"))
				.block(ManagerFixture.PATIENCE);
			assertThat(lenient.mcpServer.http().requests(TestMcpServer.MCP))
				.extracting((request) -> request.header("Authorization"))
				.containsExactly("Bearer " + own.accessToken().reveal(), "Bearer " + alices.accessToken().reveal());
		}
	}

	@Test
	void requestWhenResolverNamesAnotherServerIsNotSent() {
		PrincipalResolver confused = (server, context) -> Mono.just(GrantKey.of("gitlab", "alice"));
		try (ManagerFixture misled = new ManagerFixture(confused, true)) {
			misled.grant();
			assertThatExceptionOfType(PrincipalRequiredException.class)
				.isThrownBy(() -> post(misled.client(), misled.url(), "x").block(ManagerFixture.PATIENCE))
				.withMessageContaining("'gitlab'");
			assertThat(misled.sends()).isZero();
		}
	}

	@Test
	void requestWhenAnAttributeNamesTheGrantUsesThatOne() {
		loggedIn(ALICE);
		loggedIn(BOB);
		loggedIn(this.fixture.key);
		withAttribute(BOB, "bob").contextWrite((context) -> context.put(USER, "alice")).block(ManagerFixture.PATIENCE);
		withAttribute(this.fixture.key, "github").contextWrite((context) -> context.put(USER, "alice"))
			.block(ManagerFixture.PATIENCE);
		withAttribute(GrantKey.of("gitlab", "bob"), "alice").contextWrite((context) -> context.put(USER, "alice"))
			.block(ManagerFixture.PATIENCE);
		assertNoTokenStrayed(3);
	}

	@Test
	@DisplayName("Isolation: B goes on while A's 401 is recovered")
	void requestWhenAnotherPrincipalIsBeingRecoveredGoesOn() {
		Grant alices = loggedIn(ALICE);
		loggedIn(BOB);
		token(ALICE);
		this.fixture.authorizationServer.revokeAccessToken(alices.accessToken());
		Hold hold = this.fixture.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		Mono<HttpStatus> recovering = request(ALICE).cache();
		recovering.subscribe();
		hold.await(1);
		for (int call = 0; call < 20; call++) {
			assertThat(request(BOB).block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		}
		hold.release();
		assertThat(recovering.block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		assertNoTokenStrayed(22);
	}

	@Test
	@DisplayName("Isolation: a storm of two users makes one refresh each")
	void requestWhenTwoUsersMeet401sAtOnceMakesOneRefreshEach() {
		for (GrantKey key : List.of(ALICE, BOB)) {
			Grant grant = loggedIn(key);
			token(key);
			this.fixture.authorizationServer.revokeAccessToken(grant.accessToken());
		}
		Hold hold = this.fixture.mcpServer.http().hold(TestMcpServer.MCP);
		WebClient wide = this.fixture.client();
		Mono<List<HttpStatus>> calls = Flux.range(0, 160)
			.flatMap((number) -> request(wide, (number % 2 == 0) ? ALICE : BOB), 160)
			.collectList();
		StepVerifier.create(calls)
			.then(() -> hold.await(160).release())
			.assertNext((statuses) -> assertThat(statuses).hasSize(160).containsOnly(HttpStatus.OK))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(2);
		assertNoTokenStrayed(320);
	}

	@Test
	@DisplayName("Isolation: a refused refresh token of A says nothing about B")
	void requestWhenAnotherPrincipalsGrantIsGoneGoesOn() {
		Grant alices = loggedIn(ALICE);
		loggedIn(BOB);
		this.fixture.authorizationServer.revokeGrant(alices.accessToken());
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> request(ALICE).block(ManagerFixture.PATIENCE))
			.withMessageContaining("Run `mcp login github --principal=alice`")
			.satisfies((ex) -> assertThat(ex.getKey()).isEqualTo(ALICE));
		assertThat(request(BOB).block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		assertThat(state(ALICE)).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(state(BOB)).isEqualTo(State.AUTHORIZED);
		assertThat(this.fixture.manager.provider(GrantKey.of("github"))
			.status()
			.mapNotNull(ServerStatus::principals)
			.block(ManagerFixture.PATIENCE)).isEqualTo(new ServerStatus.Principals(2, 1));
		assertThat(this.fixture.events).filteredOn(McpOAuthEvent.LoginRequired.class::isInstance)
			.extracting(McpOAuthEvent::principal)
			.containsExactly("alice");
	}

	@Test
	@DisplayName("Isolation: a login of A does not log B in, and one registration serves both")
	void loginWhenAnotherPrincipalLogsInIsStillNeeded() throws Exception {
		logIn(ALICE);
		assertThat(this.fixture.manager.provider(BOB).token().block(ManagerFixture.PATIENCE)).isNull();
		assertThat(this.fixture.manager.provider(this.fixture.key).token().block(ManagerFixture.PATIENCE)).isNull();
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> request(BOB).block(ManagerFixture.PATIENCE));
		logIn(BOB);
		assertThat(token(ALICE)).isNotEqualTo(token(BOB));
		assertThat(this.fixture.authorizationServer.registrations()).isEqualTo(1);
		assertThat(this.fixture.manager.provider(this.fixture.key).token().block(ManagerFixture.PATIENCE)).isNull();
		Awaitility.await()
			.atMost(ManagerFixture.PATIENCE)
			.untilAsserted(() -> assertThat(this.fixture.events).filteredOn(McpOAuthEvent.LoggedIn.class::isInstance)
				.extracting(McpOAuthEvent::principal)
				.containsExactly("alice", "bob"));
	}

	@Test
	@DisplayName("Isolation: each principal has a login in flight of their own")
	void loginWhenAnotherPrincipalsIsInFlightDoesNotJoinIt() {
		Login alices = begin(ALICE);
		Login bobs = begin(BOB);
		assertThat(alices.authorizationUrl()).isNotEqualTo(bobs.authorizationUrl());
		assertThat(begin(ALICE)).isEqualTo(alices);
		assertThat(this.fixture.manager.provider(BOB).currentLogin()).isEqualTo(bobs);
		assertThat(this.fixture.manager.provider(this.fixture.key).currentLogin()).isNull();
		bobs.cancel();
		assertThat(this.fixture.manager.provider(ALICE).currentLogin()).isEqualTo(alices);
		alices.cancel();
	}

	@Test
	@DisplayName("Isolation: a grant goes on with its client when the server's is replaced or removed")
	void refreshWhenTheServersClientIsAnotherOneUsesTheOneOfTheGrant() throws Exception {
		this.fixture.authorizationServer.metadata(
				(metadata) -> metadata.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic")));
		logIn(ALICE);
		this.fixture.store.deleteClient(this.fixture.key).block(ManagerFixture.PATIENCE);
		logIn(BOB);
		assertThat(this.fixture.authorizationServer.registrations()).isEqualTo(2);
		for (GrantKey key : List.of(ALICE, BOB)) {
			assertThat(this.fixture.manager.provider(key).refresh(null).block(ManagerFixture.PATIENCE)).isNotNull();
		}
		assertThat(this.fixture.authorizationServer.tokenRequests("refresh_token")
			.stream()
			.map((request) -> request.header("Authorization"))
			.distinct()).hasSize(2);
	}

	@Test
	@DisplayName("Isolation: logout of A leaves B and the application alone")
	void logoutWhenThereAreOthersLeavesThemAlone() {
		loggedIn(ALICE);
		loggedIn(BOB);
		loggedIn(this.fixture.key);
		List.of(ALICE, BOB).forEach(this::token);
		assertThat(this.fixture.manager.provider(ALICE).logout().block(ManagerFixture.PATIENCE)).isTrue();
		assertThat(this.fixture.manager.provider(ALICE).token().block(ManagerFixture.PATIENCE)).isNull();
		assertThat(request(BOB).block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.manager.provider(ALICE).remove().block(ManagerFixture.PATIENCE)).isFalse();
		assertThat(this.fixture.manager.servers()).as("the server is everybody's").hasSize(1);
		assertThat(request(BOB).block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		assertThat(token(this.fixture.key)).isNotNull();
		assertThat(this.fixture.store.getClient(this.fixture.key)).as("the registered client").isNotNull();
		assertNoTokenStrayed(2);
	}

	@Test
	@DisplayName("Isolation: work that outlives a caller sees no other principal's Reactor context, and the application's own sees none")
	void refreshWhenBegunByARequestSeesNobodyElsesContext() {
		for (GrantKey key : List.of(ALICE, this.fixture.key)) {
			Grant grant = loggedIn(key);
			token(key);
			this.fixture.authorizationServer.revokeAccessToken(grant.accessToken());
		}
		assertThat(request(ALICE).block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.contexts).isNotEmpty()
			.allMatch((context) -> "alice".equals(context.getOrDefault(USER, "alice")));
		this.fixture.contexts.clear();
		withAttribute(this.fixture.key, "github").contextWrite((context) -> context.put(USER, "alice"))
			.block(ManagerFixture.PATIENCE);
		begin(BOB, (mono) -> mono.contextWrite((context) -> context.put(USER, "bob"))).cancel();
		assertThat(this.fixture.contexts).isNotEmpty().noneMatch((context) -> context.hasKey(USER));
	}

	private Grant loggedIn(GrantKey key) {
		Grant grant = this.fixture.grant(key);
		Integer login = this.fixture.authorizationServer.loginOf(grant.accessToken().reveal());
		this.logins.put(Objects.requireNonNull(login), (key.principal() != null) ? key.principal() : key.server());
		return grant;
	}

	private void logIn(GrantKey key) throws IOException, InterruptedException {
		Login login = begin(key);
		HttpResponse<Void> answer = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(Objects.requireNonNull(login.authorizationUrl())).build(),
					HttpResponse.BodyHandlers.discarding());
		login.complete(answer.headers().firstValue("Location").orElseThrow()).block(ManagerFixture.PATIENCE);
	}

	private Login begin(GrantKey key) {
		return begin(key, (mono) -> mono);
	}

	private Login begin(GrantKey key, UnaryOperator<Mono<Login>> change) {
		URI redirectUri = URI.create("https://agent.example.com/callback");
		return Objects
			.requireNonNull(change.apply(this.fixture.manager.provider(key).login(new LoginRequest(false, redirectUri)))
				.block(ManagerFixture.PATIENCE));
	}

	private AccessToken token(GrantKey key) {
		return Objects.requireNonNull(this.fixture.manager.provider(key).token().block(ManagerFixture.PATIENCE));
	}

	private State state(GrantKey key) {
		return Objects.requireNonNull(this.fixture.manager.provider(key).status().block(ManagerFixture.PATIENCE))
			.state();
	}

	private Mono<HttpStatus> request(GrantKey key) {
		return request(this.client, key);
	}

	private Mono<HttpStatus> request(WebClient client, GrantKey key) {
		String principal = Objects.requireNonNull(key.principal());
		return post(client, this.fixture.url(), principal).contextWrite((context) -> context.put(USER, principal));
	}

	private Mono<HttpStatus> post(WebClient client, String sender) {
		return post(client, this.fixture.url(), sender);
	}

	private static Mono<HttpStatus> post(WebClient client, URI url, String sender) {
		return client.post()
			.uri(url)
			.header("Sender", sender)
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(ManagerFixture.ECHO)
			.exchangeToMono(
					(response) -> response.releaseBody().thenReturn(HttpStatus.valueOf(response.statusCode().value())));
	}

	private Mono<HttpStatus> withAttribute(GrantKey key, String sender) {
		return this.client.post()
			.uri(this.fixture.url())
			.attribute(RequestAttributes.GRANT, key)
			.header("Sender", sender)
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(ManagerFixture.ECHO)
			.exchangeToMono(
					(response) -> response.releaseBody().thenReturn(HttpStatus.valueOf(response.statusCode().value())));
	}

	private void assertNoTokenStrayed(int sent) {
		List<Request> requests = this.fixture.mcpServer.http().requests(TestMcpServer.MCP);
		assertThat(requests).hasSize(sent).allSatisfy((request) -> {
			@Nullable String header = request.header("Authorization");
			String token = Objects.requireNonNull(header).substring("Bearer ".length());
			assertThat(this.logins.get(this.fixture.authorizationServer.loginOf(token)))
				.isEqualTo(request.header("Sender"));
		});
	}

}
