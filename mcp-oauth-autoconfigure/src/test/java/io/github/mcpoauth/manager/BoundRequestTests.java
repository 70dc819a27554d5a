// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.ProofVerifier.Proof;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for requests with a token that is bound to a key (RFC 9449), over real HTTP and
 * with a server that checks every proof.
 */
class BoundRequestTests {

	private final ManagerFixture fixture = new ManagerFixture();

	private final DPoPKey key = DPoPKey.generate("ES256", this.fixture.clock);

	private final ProofVerifier proofs = this.fixture.boundGrant(this.key);

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "POST", "GET", "DELETE" })
	void requestWhenTokenIsBoundProvesItWhateverItsMethod(String method) {
		assertThat(call(method)).isNotEqualTo(HttpStatus.UNAUTHORIZED);
		assertThat(call(method)).isNotEqualTo(HttpStatus.UNAUTHORIZED);
		assertThat(this.fixture.mcpServer.unauthorized()).isZero();
		assertThat(this.proofs.accepted()).hasSize(2)
			.allMatch((proof) -> proof.thumbprint().equals(this.key.thumbprint()))
			.extracting(Proof::jti)
			.doesNotHaveDuplicates();
		assertThat(requests()).allSatisfy((request) -> {
			assertThat(request.header("Authorization"))
				.isEqualTo("DPoP " + this.fixture.stored().accessToken().reveal());
			assertThat(request.uri().getRawQuery()).as("tokens are never in the query").isNull();
		});
	}

	@Test
	void requestWhenAddressHasAQueryIsProvedWithoutIt() {
		HttpStatus status = this.fixture.client()
			.post()
			.uri(this.fixture.url() + "?key=value#fragment")
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(ManagerFixture.ECHO)
			.exchangeToMono(
					(response) -> response.releaseBody().thenReturn(HttpStatus.valueOf(response.statusCode().value())))
			.block(ManagerFixture.PATIENCE);
		assertThat(status).isEqualTo(HttpStatus.OK);
	}

	@Test
	void requestWhenANonceIsAskedForIsSentOnceMoreAndTheNextOneHasIt() {
		this.proofs.nonce("n1");
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.sends()).isEqualTo(3);
		assertThat(this.proofs.accepted()).extracting(Proof::nonce).containsExactly("n1", "n1");
		assertThat(requests()).extracting((request) -> request.header("DPoP")).doesNotHaveDuplicates();
		assertThat(this.fixture.authorizationServer.refreshes()).as("nothing was wrong with the token").isZero();
	}

	@Test
	void requestWhenEachAnswerBringsANonceUsesTheLastOne() {
		for (int round = 1; round <= 4; round++) {
			String next = "n" + round;
			this.fixture.mcpServer.http()
				.next(TestMcpServer.MCP, Answer.usually((response) -> response.header("DPoP-Nonce", next)));
			assertThat(call()).isEqualTo(HttpStatus.OK);
		}
		assertThat(this.fixture.sends()).isEqualTo(4);
		assertThat(this.proofs.accepted()).extracting(Proof::nonce).containsExactly(null, "n1", "n2", "n3");
	}

	@Test
	@DisplayName("Law 8: a replay has a proof of its own, and so has the retry with a nonce, before and after it")
	void requestWhenTokenWasRevokedAndNoncesChangeIsSentFourTimesAtMost() {
		this.fixture.authorizationServer.revokeAccessToken(this.fixture.stored().accessToken());
		Response nonce = Response.json(401, Map.of()).header("WWW-Authenticate", "DPoP error=\"use_dpop_nonce\"");
		this.fixture.mcpServer.http()
			.next(TestMcpServer.MCP, Answer.of(nonce.header("DPoP-Nonce", "n1")),
					Answer.usually((response) -> response), Answer.of(nonce.header("DPoP-Nonce", "n2")));
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.sends()).isEqualTo(4);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(requests()).extracting((request) -> request.header("DPoP")).doesNotHaveDuplicates();
		assertThat(this.proofs.accepted()).singleElement()
			.satisfies((proof) -> assertThat(proof.nonce()).isEqualTo("n2"));
	}

	@Test
	void requestWhenNoncesNeverSufficeFailsAndSpendsNoRefreshToken() {
		this.fixture.mcpServer.http()
			.handle(TestMcpServer.MCP,
					Answer.of(Response.json(401, Map.of())
						.header("WWW-Authenticate", "DPoP error=\"use_dpop_nonce\"")
						.header("DPoP-Nonce", "another")));
		StepVerifier.create(exchange("POST"))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageContaining("refuses the DPoP proofs"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isEqualTo(2);
		assertThat(this.fixture.authorizationServer.refreshes()).isZero();
	}

	@Test
	void requestWhenTheClocksDifferGoesByTheServers() {
		this.proofs.byTheWallClock();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.sends()).isEqualTo(3);
		assertThat(this.fixture.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("Law 8: a one-shot body is not sent again, not for a nonce either")
	void requestWhenItsBodyIsAStreamIsNotSentAgainWithANonce() {
		this.proofs.nonce("n1");
		StepVerifier.create(this.fixture.postStream())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageContaining("make the request again"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isEqualTo(1);
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.sends()).as("the nonce was kept").isEqualTo(2);
	}

	@Test
	void requestsWhenTheNonceChangesUnderManyAreSentTwiceAtMostEach() {
		this.proofs.nonce("n1");
		call();
		this.fixture.mcpServer.http().forget();
		Hold hold = this.fixture.mcpServer.http().hold(TestMcpServer.MCP);
		Mono<List<HttpStatus>> calls = Flux.range(0, 50).flatMap((number) -> exchange("POST"), 50).collectList();
		StepVerifier.create(calls).then(() -> {
			hold.await(50);
			this.proofs.nonce("n2");
			hold.release();
		})
			.assertNext((statuses) -> assertThat(statuses).hasSize(50).containsOnly(HttpStatus.OK))
			.expectComplete()
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isEqualTo(100);
		assertThat(this.fixture.authorizationServer.refreshes()).isZero();
		assertThat(this.proofs.accepted()).extracting(Proof::jti).doesNotHaveDuplicates();
	}

	@Test
	void requestWhenTokenExpiredIsRenewedWithTheSameKeyAndKeepsTheNonce() {
		this.proofs.nonce("n1");
		call();
		this.fixture.clock.advance(Duration.ofHours(2));
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.sends()).as("one for the nonce, which outlives the token").isEqualTo(3);
		assertThat(this.fixture.stored().dpopKey()).isEqualTo(this.key.toSecret());
		assertThat(this.fixture.authorizationServer.boundTo(this.fixture.stored().accessToken().reveal()))
			.isEqualTo(this.key.thumbprint());
	}

	@Test
	void requestWhenTheServerBindsNoMoreUsesABearerToken() {
		this.fixture.authorizationServer.bindAccessTokens(false);
		this.fixture.mcpServer.http().handle(TestMcpServer.MCP, (request) -> {
			String authorization = Objects.requireNonNull(request.header("Authorization"));
			boolean good = this.fixture.authorizationServer.isActive(authorization.replaceFirst("^Bearer ", ""));
			return Response.json(good ? 200 : 401, Map.of());
		});
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(requests()).hasSize(2).last().satisfies((request) -> {
			assertThat(request.header("Authorization")).startsWith("Bearer ");
			assertThat(request.header("DPoP")).isNull();
		});
		assertThat(this.fixture.stored().dpopKey()).as("the refresh token is bound").isNotNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "s3cr3t" })
	void requestWhenTheKeyIsMissingOrDamagedNeedsALoginAndSendsNothing(String stored) {
		Grant grant = this.fixture.stored();
		this.fixture.store.put(this.fixture.key,
				grant.mutate().dpopKey(stored.isEmpty() ? null : Secret.of(stored)).build());
		StepVerifier.create(exchange("POST"))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
				.hasMessageContaining("key (token type DPoP)")
				.hasMessageNotContaining("s3cr3t"))
			.verify(ManagerFixture.PATIENCE);
		assertThat(this.fixture.sends()).isZero();
	}

	@Test
	@DisplayName("Law 11: a redirect carries neither the token nor its proof to where it points")
	void requestWhenRedirectedElsewhereCarriesNoProof() {
		try (TestHttpServer elsewhere = TestHttpServer.start()) {
			this.fixture.mcpServer.http()
				.handle(TestMcpServer.MCP, Answer.of(Response.redirect(elsewhere.url("/mcp").toString())));
			assertThatExceptionOfType(McpOAuthException.class).isThrownBy(this::call)
				.withMessageContaining("mcp.servers.github.url");
			assertThat(elsewhere.requests())
				.noneMatch((request) -> request.header("Authorization") != null || request.header("DPoP") != null);
		}
	}

	@Test
	void recoverWhenTheProofWasRefusedIsTransientAndWhenTheTokenWasRefusedRenewsIt() {
		AccessToken token = this.fixture.token();
		Recovery refused = recover(token, "DPoP error=\"invalid_dpop_proof\"");
		assertThat(refused.outcome()).isEqualTo(Recovery.Outcome.TRANSIENT);
		assertThat(this.fixture.authorizationServer.refreshes()).isZero();
		Recovery renewed = recover(token, "DPoP error=\"invalid_token\", algs=\"ES256\"");
		assertThat(renewed.outcome()).isEqualTo(Recovery.Outcome.REFRESHED);
		assertThat(Objects.requireNonNull(renewed.token()).isBound()).isTrue();
	}

	@Test
	void tokenWhenAnotherProcessRenewedItHasTheSameKey() {
		this.proofs.nonce("n1");
		call();
		AccessToken before = this.fixture.token();
		Grant renewed = this.fixture.authorizationServer
			.issueBound("client-2", this.fixture.url().toString(), DPoPKey.of(this.key.toSecret(), this.fixture.clock))
			.mutate()
			.generation(2)
			.build();
		this.fixture.store.put(this.fixture.key, renewed);
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.fixture.token()).isNotEqualTo(before);
		assertThat(this.fixture.sends()).as("the nonce is known already").isEqualTo(3);
	}

	@Test
	void requestWhenSomebodyLoggedInAgainUsesTheNewKey() {
		call();
		DPoPKey next = DPoPKey.generate("ES256", this.fixture.clock);
		Grant grant = this.fixture.authorizationServer.issueBound("client-2", this.fixture.url().toString(), next);
		this.fixture.store.put(this.fixture.key, grant.mutate().generation(2).build());
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.proofs.accepted()).extracting(Proof::thumbprint)
			.containsExactly(this.key.thumbprint(), next.thumbprint());
	}

	@Test
	void requestWhenMadeOnAnEventLoopIsProvedElsewhereAndABearerTokenIsNot() {
		Scheduler loop = Schedulers.newSingle("loop");
		try {
			sendingThread(loop); // Reads the store, which is another change of threads
			assertThat(sendingThread(loop)).startsWith("mcp-oauth-proof-");
			this.fixture.grant();
			sendingThread(loop);
			assertThat(sendingThread(loop)).startsWith("loop-");
		}
		finally {
			loop.dispose();
		}
	}

	private String sendingThread(Scheduler caller) {
		AtomicReference<String> thread = new AtomicReference<>("");
		ClientRequest request = ClientRequest.create(HttpMethod.POST, this.fixture.url()).build();
		this.fixture.manager.filter("github").filter(request, (sent) -> {
			thread.set(Thread.currentThread().getName());
			return Mono.just(ClientResponse.create(HttpStatus.OK).build());
		}).subscribeOn(caller).block(ManagerFixture.PATIENCE);
		return Objects.requireNonNull(thread.get());
	}

	@Test
	void tokenWhenUsedWithAnotherHttpClientAuthorizesItsRequests() throws Exception {
		this.proofs.nonce("n1");
		HttpClient client = HttpClient.newHttpClient();
		URI url = this.fixture.url();
		AccessToken token = this.fixture.token();
		HttpRequest.Builder request = HttpRequest.newBuilder(url)
			.timeout(ManagerFixture.PATIENCE)
			.POST(BodyPublishers.ofString(ManagerFixture.ECHO));
		token.authorize("POST", url, request::setHeader);
		HttpResponse<String> first = client.send(request.build(), BodyHandlers.ofString());
		assertThat(first.statusCode()).isEqualTo(401);
		assertThat(token.answered(url, first.statusCode(), first.headers()::allValues)).isTrue();
		token.authorize("POST", url, request::setHeader);
		HttpResponse<String> second = client.send(request.build(), BodyHandlers.ofString());
		assertThat(second.statusCode()).isEqualTo(200);
		assertThat(token.answered(url, second.statusCode(), second.headers()::allValues)).isFalse();
		assertThat(this.proofs.accepted()).singleElement()
			.satisfies((proof) -> assertThat(proof.nonce()).isEqualTo("n1"));
	}

	private Recovery recover(AccessToken sent, String challenge) {
		return Objects.requireNonNull(this.fixture.manager.provider(this.fixture.key)
			.recover(Rejection.of(sent, List.of(challenge)))
			.block(ManagerFixture.PATIENCE));
	}

	private HttpStatus call() {
		return call("POST");
	}

	private HttpStatus call(String method) {
		return Objects.requireNonNull(exchange(method).block(ManagerFixture.PATIENCE));
	}

	private Mono<HttpStatus> exchange(String method) {
		return this.fixture.client()
			.method(HttpMethod.valueOf(method))
			.uri(this.fixture.url())
			.contentType(MediaType.APPLICATION_JSON)
			.body(method.equals("POST") ? BodyInserters.fromValue(ManagerFixture.ECHO) : BodyInserters.empty())
			.exchangeToMono(
					(response) -> response.releaseBody().thenReturn(HttpStatus.valueOf(response.statusCode().value())));
	}

	private List<Request> requests() {
		return this.fixture.mcpServer.http().requests(TestMcpServer.MCP);
	}

}
