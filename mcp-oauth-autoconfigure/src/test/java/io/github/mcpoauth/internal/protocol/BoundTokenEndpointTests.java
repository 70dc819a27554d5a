// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.ProofVerifier.Proof;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link TokenEndpoint} with tokens that are bound to a key (RFC 9449).
 */
class BoundTokenEndpointTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Secret CODE = Secret.of("code");

	private static final OAuthClient CLIENT = OAuthClient.configured("client-1", null, null);

	private final TestClock clock = TestClock.fixed();

	private final TestAuthorizationServer server = TestAuthorizationServer.start(this.clock).client("client-1", null);

	private final ProofVerifier proofs = this.server.dpop("ES256");

	private final DPoPKey key = DPoPKey.generate("ES256", this.clock);

	private final TokenEndpoint endpoint = new TokenEndpoint(new LoopbackClients(), ProtocolSettings.defaults(),
			this.clock);

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void refreshWhenGrantIsBoundProvesItWithTheSameKey() {
		Grant renewed = refresh(grant());
		assertThat(renewed.tokenType()).isEqualTo("DPoP");
		assertThat(renewed.dpopKey()).isEqualTo(this.key.toSecret());
		assertThat(this.server.boundTo(renewed.accessToken().reveal())).isEqualTo(this.key.thumbprint());
		assertThat(this.proofs.accepted()).singleElement().satisfies((proof) -> {
			assertThat(proof.thumbprint()).isEqualTo(this.key.thumbprint());
			assertThat(proof.nonce()).isNull();
		});
	}

	@Test
	void refreshWhenANonceIsAskedForSendsAnotherProofWithIt() {
		this.proofs.nonce("n1");
		Grant renewed = refresh(grant());
		assertThat(this.proofs.accepted()).extracting(Proof::nonce).containsExactly("n1");
		assertThat(proofsSent()).hasSize(2).doesNotHaveDuplicates();
		refresh(renewed);
		assertThat(proofsSent()).as("the nonce is known now").hasSize(3);
	}

	@Test
	void refreshWhenAnAnswerBringsANonceUsesItNextTime() {
		Grant bound = grant();
		this.server.http()
			.next(TestAuthorizationServer.TOKEN, Answer.usually((response) -> response.header("DPoP-Nonce", "n1")));
		Grant renewed = refresh(bound);
		this.proofs.nonce("n1");
		refresh(renewed);
		assertThat(this.proofs.accepted()).extracting(Proof::nonce).containsExactly(null, "n1");
		assertThat(proofsSent()).hasSize(2);
	}

	@Test
	void refreshWhenNonceIsOfAnotherKeyDoesNotUseIt() {
		this.proofs.nonce("n1");
		refresh(grant());
		DPoPKey other = DPoPKey.generate("ES256", this.clock);
		refresh(this.server.issueBound("client-1", null, other));
		assertThat(proofsSent()).hasSize(4);
	}

	@ParameterizedTest
	@ValueSource(strings = { "use_dpop_nonce", "invalid_dpop_proof" })
	void refreshWhenProofIsRefusedAgainIsUnavailableAndSaysNothingAgainstTheToken(String error) {
		Answer refusal = Answer.of(Response.json(400, Map.of("error", error)).header("DPoP-Nonce", "n"));
		this.server.http().handle(TestAuthorizationServer.TOKEN, refusal);
		Throwable failure = catchThrowable(() -> refresh(grant()));
		assertThat(failure).isInstanceOf(UnavailableException.class)
			.hasMessageContaining("does not accept our DPoP proof")
			.hasMessageContaining(error);
		assertThat(proofsSent()).hasSize(2).doesNotHaveDuplicates();
	}

	@Test
	void refreshWhenTheServersClockIsAnotherGoesByIt() {
		this.proofs.byTheWallClock();
		Grant renewed = refresh(grant());
		assertThat(proofsSent()).hasSize(2);
		refresh(renewed);
		assertThat(proofsSent()).as("its time is known now").hasSize(3);
	}

	@Test
	void refreshWhenGrantIsNotBoundSendsNoProof() {
		Grant renewed = refresh(this.server.issue("client-1", null));
		assertThat(renewed.tokenType()).isEqualTo("Bearer");
		assertThat(this.server.http().requests(TestAuthorizationServer.TOKEN)).singleElement()
			.satisfies((request) -> assertThat(request.header("DPoP")).isNull());
	}

	@Test
	void refreshWhenTheServerBindsNoAccessTokensKeepsTheKeyForTheRefreshToken() {
		this.server.bindAccessTokens(false);
		Grant renewed = refresh(grant());
		assertThat(renewed.tokenType()).isEqualTo("Bearer");
		assertThat(renewed.dpopKey()).isEqualTo(this.key.toSecret());
		this.server.bindAccessTokens(true);
		assertThat(refresh(renewed).tokenType()).isEqualTo("DPoP");
		assertThat(this.proofs.accepted()).hasSize(2);
	}

	@Test
	void refreshWhenTheKeyCannotBeUsedSendsNothingAndDoesNotSayIt() {
		Grant damaged = grant().mutate().dpopKey(Secret.of("s3cr3t")).build();
		assertThat(catchThrowable(() -> refresh(damaged))).isInstanceOf(UnusableException.class)
			.hasMessageContaining("key")
			.hasMessageNotContaining("s3cr3t");
		assertThat(this.server.http().requests()).isEmpty();
	}

	@Test
	void exchangeWhenATokenIsBoundToAKeyThatNobodyOfferedIsUnusable() {
		this.server.http()
			.handle(TestAuthorizationServer.TOKEN,
					Answer.json(200, Map.of("access_token", "s3cr3t", "token_type", "dpop")));
		Throwable failure = catchThrowable(
				() -> this.endpoint.exchange(mcp(), exchange(null), CODE, CLIENT).block(PATIENCE));
		assertThat(failure).isInstanceOf(UnusableException.class)
			.hasMessageContaining("Set 'dpop' to true")
			.hasMessageNotContaining("s3cr3t");
		Grant bound = succeed(this.endpoint.exchange(mcp(), exchange(this.key), CODE, CLIENT));
		assertThat(bound.isBound()).isTrue();
		assertThat(bound.dpopKey()).isEqualTo(this.key.toSecret());
		assertThat(bound.toString()).doesNotContain("\"kty\"");
	}

	private List<String> proofsSent() {
		return this.server.http()
			.requests(TestAuthorizationServer.TOKEN)
			.stream()
			.map((request) -> Objects.requireNonNull(request.header("DPoP")))
			.toList();
	}

	private Grant grant() {
		return this.server.issueBound("client-1", null, this.key);
	}

	private Grant refresh(Grant grant) {
		return succeed(this.endpoint.refresh(mcp(), grant, CLIENT));
	}

	private AuthorizationRequest exchange(@Nullable DPoPKey offered) {
		return new AuthorizationRequest(URI.create("https://as.example.com/authorize"), Map.of(),
				new TokenAudience(this.server.issuer(), this.server.tokenEndpoint(), List.of(), null, Set.of(),
						offered),
				false, URI.create("http://127.0.0.1:4711/callback"), Secret.of("state"),
				Secret.of("verifier-verifier-verifier-verifier-0123456789"));
	}

	private static McpServer mcp() {
		return McpServer.of("test", URI.create("http://localhost:1/mcp"));
	}

	private static Grant succeed(Mono<Grant> mono) {
		return mono.blockOptional(PATIENCE).orElseThrow();
	}

}
