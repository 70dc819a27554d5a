// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.OAuthSettings.DPoP;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.ProofVerifier.Proof;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for logins whose tokens are bound to a key (RFC 9449).
 */
class BoundLoginTests extends LoginTestBase {

	private final ProofVerifier proofs = this.authorizationServer.dpop("RS256", "ES256");

	@Test
	void loginWhenBothSidesSpeakDPoPBindsCodeAndTokensToANewKey() {
		this.mcpServer.dpop(this.clock);
		Grant grant = logIn(server());
		assertThat(grant.tokenType()).isEqualTo("DPoP");
		DPoPKey key = DPoPKey.of(Objects.requireNonNull(grant.dpopKey()), this.clock);
		assertThat(this.authorizationServer.boundTo(grant.accessToken().reveal())).isEqualTo(key.thumbprint());
		assertThat(authorization().parameter("dpop_jkt")).isEqualTo(key.thumbprint());
		assertThat(this.proofs.accepted()).singleElement()
			.satisfies((proof) -> assertThat(proof.algorithm()).isEqualTo("ES256"));
		assertThat(registration()).as("the server may accept others, too")
			.doesNotContainKey("dpop_bound_access_tokens");
		Grant next = logIn(server());
		assertThat(next.dpopKey()).as("a new login makes a new key").isNotEqualTo(grant.dpopKey());
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	void loginWhenResourceMetadataDemandsItBindsAndRegistersAsBound() {
		this.mcpServer.metadata((members) -> members.put("dpop_bound_access_tokens_required", true));
		assertThat(logIn(server()).isBound()).isTrue();
		assertThat(registration()).containsEntry("dpop_bound_access_tokens", true);
		Grant bearer = logIn(server((settings) -> settings.dpop(DPoP.NEVER)));
		assertThat(bearer.isBound()).isFalse();
		assertThat(bearer.dpopKey()).isNull();
		assertThat(this.authorizationServer.registrations()).as("a client that is always bound is of no use then")
			.isEqualTo(2);
		assertThat(registration()).doesNotContainKey("dpop_bound_access_tokens");
	}

	@Test
	void loginWhenTheServerNamesAlgorithmsChoosesFromWhatBothSupport() {
		this.mcpServer.metadata((members) -> members.put("dpop_signing_alg_values_supported", List.of("RS256")));
		assertThat(logIn(server()).isBound()).isTrue();
		assertThat(this.proofs.accepted()).extracting(Proof::algorithm).containsExactly("RS256");
	}

	@Test
	void loginWhenTheServerShowsNoSignOfDPoPDoesNotBind() {
		Grant grant = logIn(server());
		assertThat(grant.tokenType()).isEqualTo("Bearer");
		assertThat(grant.dpopKey()).isNull();
		assertThat(authorization().parameter("dpop_jkt")).isNull();
	}

	@Test
	void loginWhenTheAuthorizationServerShowsNoSignOfDPoPDoesNotBindUnlessTold() {
		this.authorizationServer.metadata((members) -> members.remove("dpop_signing_alg_values_supported"));
		this.mcpServer.dpop(this.clock);
		assertThat(logIn(server()).isBound()).isFalse();
		assertThat(logIn(server((settings) -> settings.dpop(DPoP.ALWAYS))).isBound()).isTrue();
	}

	@Test
	void loginWhenTheTokenIsNotBoundAllTheSameUsesItAsBearerAndKeepsTheKey() {
		this.authorizationServer.bindAccessTokens(false);
		Grant grant = logIn(server((settings) -> settings.dpop(DPoP.ALWAYS)));
		assertThat(grant.tokenType()).isEqualTo("Bearer");
		assertThat(grant.dpopKey()).as("the refresh token may be bound").isNotNull();
	}

	@Test
	void loginWhenANonceIsAskedForSendsTheCodeAgainWithIt() {
		this.mcpServer.dpop(this.clock);
		this.proofs.nonce("n1");
		assertThat(logIn(server()).isBound()).isTrue();
		List<Request> exchanges = this.authorizationServer.tokenRequests("authorization_code");
		assertThat(exchanges).hasSize(2);
		assertThat(exchanges.get(0).form()).isEqualTo(exchanges.get(1).form());
		assertThat(exchanges.get(0).header("DPoP")).isNotEqualTo(exchanges.get(1).header("DPoP"));
	}

	@Test
	void loginWhenNoAlgorithmIsSupportedFailsWhereItIsDemandedOnly() {
		this.authorizationServer
			.metadata((members) -> members.put("dpop_signing_alg_values_supported", List.of("EdDSA", "HS256")));
		this.mcpServer.metadata((members) -> members.put("dpop_signing_alg_values_supported", List.of("EdDSA")));
		assertThat(logIn(server()).isBound()).isFalse();
		this.mcpServer.metadata((members) -> members.put("dpop_bound_access_tokens_required", true));
		LoginException failure = beginFailing(server());
		assertThat(failure).hasMessageContaining("binds tokens to keys with 'EdDSA, HS256' only");
	}

	@Test
	void loginWhenTheProofIsRefusedFailsAndKeepsTheGrant() {
		Grant before = logIn(server());
		this.mcpServer.dpop(this.clock);
		this.authorizationServer.http()
			.handle(TestAuthorizationServer.TOKEN, Answer.json(400, Map.of("error", "invalid_dpop_proof")));
		LoginRun login = begin(server());
		consent(login);
		assertThat(endFailing(login)).hasMessageContaining("does not accept our DPoP proof");
		assertThat(grant()).isEqualTo(before);
	}

	private Request authorization() {
		List<Request> requests = this.authorizationServer.http().requests(TestAuthorizationServer.AUTHORIZE);
		return requests.get(requests.size() - 1);
	}

	private Map<String, Object> registration() {
		List<Request> requests = this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER);
		return requests.get(requests.size() - 1).json();
	}

}
