// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for what becomes of a request below a server's URL, over real HTTP.
 */
class FilteredRequestTests {

	private static final String TOKEN = TestAuthorizationServer.TOKEN;

	private ManagerFixture fixture = new ManagerFixture();

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	@Test
	void requestWhenThereIsATokenCarriesIt() {
		Grant grant = this.fixture.grant();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(sentTokens()).containsExactly("Bearer " + grant.accessToken().reveal());
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET", "DELETE", "POST" })
	void requestWhenTheTokenWasRevokedIsRecoveredWhateverItsMethod(String method) {
		this.fixture.revokedGrant();
		HttpStatus status = this.fixture.client()
			.method(HttpMethod.valueOf(method))
			.uri(this.fixture.url())
			.contentType(MediaType.APPLICATION_JSON)
			.body(method.equals("POST") ? BodyInserters.fromValue(ManagerFixture.ECHO) : BodyInserters.empty())
			.exchangeToMono(
					(response) -> response.releaseBody().thenReturn(HttpStatus.valueOf(response.statusCode().value())))
			.block(ManagerFixture.PATIENCE);
		assertThat(status).isIn(HttpStatus.OK, HttpStatus.METHOD_NOT_ALLOWED, HttpStatus.NO_CONTENT);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(this.fixture.sends()).isEqualTo(2);
	}

	@Test
	@DisplayName("F3: 100 parallel 401s make one token request and at most two sends each")
	void requestWhenAHundredMeetA401MakesOneTokenRequest() {
		this.fixture.revokedGrant();
		Hold hold = this.fixture.mcpServer.http().hold(TestMcpServer.MCP);
		Mono<List<HttpStatus>> calls = Flux.range(0, 100)
			.flatMap((number) -> exchange(this.fixture.client()), 100)
			.collectList();
		StepVerifier.create(calls)
			.then(() -> hold.await(100).release())
			.assertNext((statuses) -> assertThat(statuses).hasSize(100).containsOnly(HttpStatus.OK))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(this.fixture.sends()).isEqualTo(200);
	}

	@Test
	@DisplayName("While a recovery runs, new requests of that server wait for it")
	void requestWhenARecoveryRunsWaitsForIt() {
		this.fixture.revokedGrant();
		Hold hold = this.fixture.authorizationServer.http().hold(TOKEN);
		Mono<List<HttpStatus>> late = Flux.range(0, 20)
			.flatMap((number) -> exchange(this.fixture.client()), 20)
			.collectList();
		Mono<HttpStatus> first = exchange(this.fixture.client()).cache();
		first.subscribe();
		hold.await(1);
		StepVerifier.create(late.zipWith(first))
			.then(hold::release)
			.assertNext((statuses) -> assertThat(statuses.getT1()).containsOnly(HttpStatus.OK))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.mcpServer.unauthorized()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 8: one replay for auth per request, F40: an endless 401 is an error and not a loop")
	void requestWhenRefusedAgainFails() {
		this.fixture.grant();
		this.fixture.mcpServer.http().handle(TestMcpServer.MCP, Answer.of(401, "text/plain", "no"));
		StepVerifier.create(exchange(this.fixture.client()))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
				.hasMessageContaining("Run `mcp login github`"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isEqualTo(2);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 8: a token that was replaced again during the replay costs one more, and no more")
	void requestWhenItsTokenIsReplacedWheneverItIsSentIsSentThreeTimes() {
		this.fixture.revokedGrant();
		this.fixture.mcpServer.http().next(TestMcpServer.MCP, Answer.of(401, "text/plain", "no"));
		this.fixture.mcpServer.http().next(TestMcpServer.MCP, Answer.of(401, "text/plain", "no"));
		assertThat(exchange(whoseTokenIsReplaced()).block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.sends()).isEqualTo(3);
		this.fixture.mcpServer.http().handle(TestMcpServer.MCP, Answer.of(401, "text/plain", "no"));
		StepVerifier.create(exchange(whoseTokenIsReplaced()))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageContaining("replaced again and again"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isEqualTo(6);
	}

	/**
	 * A client with another process beside it, which renews the grant while a request is
	 * under way.
	 */
	private WebClient whoseTokenIsReplaced() {
		return this.fixture.builder.clone()
			.filter(this.fixture.manager.filter("github"))
			.filter((request, next) -> next.exchange(request)
				.publishOn(Schedulers.boundedElastic())
				.doOnNext((response) -> this.fixture.grant()))
			.build();
	}

	@Test
	@DisplayName("Law 8: a one-shot body is not replayed")
	void requestWhenItsBodyIsAStreamIsNotSentAgain() {
		this.fixture.revokedGrant();
		StepVerifier.create(this.fixture.postStream())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageContaining("make the request again"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isEqualTo(1);
		assertThat(call()).as("the token was renewed all the same").isEqualTo(HttpStatus.OK);
	}

	@Test
	@DisplayName("X11: a Mono that gives its body once is not sent again without it")
	void requestWhenItsBodyIsAOneShotMonoIsNotSentEmpty() {
		this.fixture.revokedGrant();
		AtomicBoolean taken = new AtomicBoolean();
		Mono<String> body = Mono
			.defer(() -> taken.compareAndSet(false, true) ? Mono.just(ManagerFixture.ECHO) : Mono.empty());
		Mono<String> request = this.fixture.client()
			.post()
			.uri(this.fixture.url())
			.contentType(MediaType.APPLICATION_JSON)
			.body(body, String.class)
			.retrieve()
			.bodyToMono(String.class);
		StepVerifier.create(request)
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageContaining("can be sent only once"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.mcpServer.http().requests(TestMcpServer.MCP))
			.allMatch((sent) -> !sent.body().isEmpty());
	}

	@Test
	@DisplayName("Law 8: the body of the 401 is released, its connection is used again")
	void requestWhenRefusedWithABodyLeaksNoConnection() {
		for (int round = 0; round < 250; round++) {
			this.fixture.mcpServer.http().next(TestMcpServer.MCP, Answer.of(401, "text/plain", "x".repeat(20_000)));
		}
		Mono<List<String>> calls = Flux.range(0, 250)
			.flatMap((number) -> exchange(this.fixture.client()).thenReturn("answered")
				.onErrorReturn(LoginRequiredException.class, "login"), 200)
			.collectList();
		StepVerifier.create(calls)
			.assertNext((answers) -> assertThat(answers).hasSize(250).containsOnly("login"))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
	}

	@Test
	@DisplayName("Law 9: a 401 never travels past the filter as a response")
	void requestWhenNobodyLoggedInFailsWithWhatAModelNeeds() {
		StepVerifier.create(exchange(this.fixture.client())).expectErrorSatisfies((ex) -> {
			assertThat(ex).isInstanceOf(LoginRequiredException.class);
			assertThat(((LoginRequiredException) ex).needsReauth().toMap()).containsEntry("needs_reauth", true)
				.containsEntry("server", "github");
		}).verify(ManagerFixture.PATIENCE);
		assertThat(sentTokens()).as("the server is asked without a token").containsExactly((String) null);
	}

	@Test
	@DisplayName("Law 9, F23: a 401 that is not about OAuth is an error, too, and needs no login")
	void requestWhenChallengedWithBasicFailsWithoutLoginRequired() {
		this.fixture.grant();
		this.fixture.mcpServer.challenge("Basic realm=\"proxy\"");
		this.fixture.authorizationServer.revokeAccessToken(this.fixture.stored().accessToken());
		StepVerifier.create(exchange(this.fixture.client()))
			.expectErrorSatisfies((ex) -> assertThat(ex).isExactlyInstanceOf(McpOAuthException.class)
				.hasMessageContaining("answered 401"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("F39: an anonymous initialize passes, and the tool call's 401 says what to do")
	void requestWhenTheServerIsPartlyAnonymousIsAskedWithoutToken() {
		this.fixture.mcpServer.anonymousInitialize(true);
		String initialize = "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\", \"params\": {}}";
		assertThat(post(this.fixture.client(), initialize).block(ManagerFixture.PATIENCE)).isEqualTo(HttpStatus.OK);
		StepVerifier.create(exchange(this.fixture.client()))
			.expectError(LoginRequiredException.class)
			.verify(ManagerFixture.PATIENCE);
		this.fixture.grant();
		assertThat(call()).as("F4: a login elsewhere is used by the next request").isEqualTo(HttpStatus.OK);
	}

	@Test
	@DisplayName("Law 10: a wait in the filter ends in time, and nothing is sent afterwards")
	void requestWhenTheRefreshIsSlowFailsAndSendsNothing() {
		this.fixture.close();
		RefreshSettings defaults = RefreshSettings.defaults();
		this.fixture = new ManagerFixture(new RefreshSettings(defaults.window(), Duration.ZERO, Duration.ofMillis(100),
				defaults.lockTimeout(), defaults.storeTimeout(), defaults.pauses()));
		this.fixture.grant();
		this.fixture.clock.advance(Duration.ofHours(1));
		Hold hold = this.fixture.authorizationServer.http().hold(TOKEN);
		StepVerifier.create(exchange(this.fixture.client()))
			.expectError(TransientAuthorizationException.class)
			.verify(ManagerFixture.PATIENCE);
		hold.await(1).release();
		this.fixture.manager.provider(this.fixture.key).refresh(Duration.ofMinutes(1)).block(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isZero();
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 11: a redirect does not carry the token to where it points")
	void requestWhenRedirectedElsewhereCarriesNoToken() {
		this.fixture.grant();
		try (TestHttpServer elsewhere = TestHttpServer.start()) {
			this.fixture.mcpServer.http()
				.handle(TestMcpServer.MCP, Answer.of(Response.redirect(elsewhere.url("/mcp").toString())));
			assertThatExceptionOfType(McpOAuthException.class)
				.isThrownBy(() -> exchange(this.fixture.client()).block(ManagerFixture.PATIENCE))
				.withMessageContaining("mcp.servers.github.url");
			assertThat(elsewhere.requests()).noneMatch((request) -> request.header("Authorization") != null);
		}
	}

	@Test
	@DisplayName("Law 11: a request elsewhere passes through untouched")
	void requestWhenElsewhereIsUntouched() {
		this.fixture.grant();
		try (TestHttpServer elsewhere = TestHttpServer.start()) {
			elsewhere.handle("/mcp", Answer.status(401));
			HttpStatus status = this.fixture.client()
				.get()
				.uri(elsewhere.url("/mcp"))
				.exchangeToMono((response) -> response.releaseBody()
					.thenReturn(HttpStatus.valueOf(response.statusCode().value())))
				.block(ManagerFixture.PATIENCE);
			assertThat(status).isEqualTo(HttpStatus.UNAUTHORIZED);
			assertThat(elsewhere.requests()).singleElement()
				.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
		}
		URI sibling = URI.create(this.fixture.url() + "-evil");
		this.fixture.client().get().uri(sibling).exchangeToMono((response) -> response.releaseBody()).block();
		assertThat(this.fixture.mcpServer.http().requests("/mcp-evil")).singleElement()
			.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
	}

	@Test
	void logWhenARequestPassesTellsItsHostAndTheReason() {
		Logger logger = (Logger) LoggerFactory.getLogger(McpOAuthFilter.class);
		ListAppender<ILoggingEvent> log = new ListAppender<>();
		log.start();
		logger.addAppender(log);
		try {
			logger.setLevel(Level.DEBUG);
			getElsewhere(HttpHeaders.AUTHORIZATION);
			getElsewhere(HttpHeaders.USER_AGENT);
			logger.setLevel(Level.INFO);
			getElsewhere(HttpHeaders.USER_AGENT);
		}
		finally {
			logger.setLevel(null);
			logger.detachAppender(log);
		}
		assertThat(log.list).extracting(ILoggingEvent::getFormattedMessage)
			.containsExactly(
					"A request to '127.0.0.1' passes untouched: it has an 'Authorization' header of its caller",
					"A request to '127.0.0.1' passes untouched: no server is configured there");
	}

	private void getElsewhere(String header) {
		this.fixture.client()
			.get()
			.uri(URI.create(this.fixture.url() + "-elsewhere?key=secret"))
			.header(header, "own")
			.exchangeToMono((response) -> response.releaseBody())
			.block(ManagerFixture.PATIENCE);
	}

	@Test
	void requestWhenTheCallerSetAnAuthorizationHeaderIsTheirs() {
		this.fixture.grant();
		HttpStatus status = this.fixture.client()
			.post()
			.uri(this.fixture.url())
			.header(HttpHeaders.AUTHORIZATION, "Bearer own")
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(ManagerFixture.ECHO)
			.exchangeToMono(
					(response) -> response.releaseBody().thenReturn(HttpStatus.valueOf(response.statusCode().value())))
			.block(ManagerFixture.PATIENCE);
		assertThat(status).isEqualTo(HttpStatus.UNAUTHORIZED);
		assertThat(sentTokens()).containsExactly("Bearer own");
	}

	@Test
	@DisplayName("F8: a live token is used while the token endpoint is down")
	void requestWhenTheTokenEndpointIsDownUsesTheLiveToken() {
		this.fixture.grant();
		this.fixture.clock.advance(Duration.ofMinutes(58));
		this.fixture.authorizationServer.http().handle(TOKEN, Answer.status(503));
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(call()).isEqualTo(HttpStatus.OK);
	}

	@Test
	@DisplayName("F23: the needs-login state is cleared by a new grant")
	void statusWhenLoggedInAgainIsAuthorized() {
		Grant grant = this.fixture.grant();
		this.fixture.authorizationServer.revokeGrant(grant.accessToken());
		StepVerifier.create(exchange(this.fixture.client()))
			.expectError(LoginRequiredException.class)
			.verify(ManagerFixture.PATIENCE);
		assertThat(state()).isEqualTo(State.LOGIN_REQUIRED);
		this.fixture.grant();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	@DisplayName("F18: a 403 for want of scopes is a typed error, the grant stays, and the login asks for the union")
	void requestWhenScopesAreMissingFailsOnceAndTheLoginAsksForTheUnion() {
		Grant grant = this.fixture.grant();
		forbid("write");
		StepVerifier.create(exchange(this.fixture.client()))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(InsufficientScopeException.class)
				.hasMessageContaining("'write'"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.stored()).isEqualTo(grant);
		assertThat(this.fixture.authorizationServer.refreshes()).isZero();
		assertThat(this.fixture.store.getLessons(this.fixture.key).challenge()).as("X24, for other processes")
			.isEqualTo(new GrantLessons.LearnedChallenge(Set.of("write"), null));
		Login login = this.fixture.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE);
		URI authorizationUrl = Objects.requireNonNull(Objects.requireNonNull(login).authorizationUrl());
		assertThat(authorizationUrl.getQuery()).contains("scope=read+write");
		login.cancel();
	}

	@Test
	@DisplayName("F18: a refusal of scopes that were asked for is the server's last word")
	void requestWhenTheScopesWereAskedForIsTheServersAnswer() {
		this.fixture.grant();
		forbid("read");
		assertThat(call()).isEqualTo(HttpStatus.FORBIDDEN);
		this.fixture.mcpServer.http().handle(TestMcpServer.MCP, Answer.of(403, "text/plain", "no"));
		assertThat(call()).as("without a challenge").isEqualTo(HttpStatus.FORBIDDEN);
	}

	private void forbid(String scope) {
		this.fixture.mcpServer.http()
			.handle(TestMcpServer.MCP,
					Answer.of(Response.of(403, "text/plain", "no")
						.header("WWW-Authenticate",
								"Bearer error=\"insufficient_scope\", scope=\"%s\", resource_metadata=\"%s\""
									.formatted(scope, this.fixture.mcpServer.http().url(TestMcpServer.METADATA)))));
	}

	private State state() {
		return Objects
			.requireNonNull(this.fixture.manager.provider(this.fixture.key).status().block(ManagerFixture.PATIENCE))
			.state();
	}

	private HttpStatus call() {
		return Objects.requireNonNull(exchange(this.fixture.client()).block(ManagerFixture.PATIENCE));
	}

	private Mono<HttpStatus> exchange(WebClient client) {
		return post(client, ManagerFixture.ECHO);
	}

	private Mono<HttpStatus> post(WebClient client, String body) {
		return client.post()
			.uri(this.fixture.url())
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(body)
			.exchangeToMono((response) -> response.bodyToFlux(DataBuffer.class)
				.map(DataBufferUtils::release)
				.then(Mono.just(HttpStatus.valueOf(response.statusCode().value()))));
	}

	private List<@Nullable String> sentTokens() {
		List<Request> requests = this.fixture.mcpServer.http().requests(TestMcpServer.MCP);
		return requests.stream().<@Nullable String>map((request) -> request.header("Authorization")).toList();
	}

}
