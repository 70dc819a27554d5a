// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import static io.github.mcpoauth.internal.protocol.LoopbackClients.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link TokenRevocationEndpoint}.
 */
@DisplayName("F37 a grant is revoked at the server")
class TokenRevocationEndpointTests {

	private static final String ISSUER = "https://as.example.com";

	private static final McpServer SERVER = McpServer.of("github", URI.create("http://localhost:1/mcp"));

	private static final OAuthClient PUBLIC = OAuthClient.configured("c1", null, null);

	private static final Grant GRANT = Grant.with(Secret.of("access-token-0123"))
		.refreshToken(Secret.of("refresh-token-4567"))
		.issuer(ISSUER)
		.build();

	private final TestHttpServer web = TestHttpServer.start();

	private final TokenRevocationEndpoint endpoint = new TokenRevocationEndpoint(new LoopbackClients(),
			ProtocolSettings.defaults(), TestClock.fixed());

	@AfterEach
	void stop() {
		this.web.close();
	}

	@Test
	void revokeRefreshTokenWhenClientIsPublicNamesIt() {
		this.web.handle("/revoke", Answer.status(200));
		this.endpoint.revokeRefreshToken(SERVER, metadata(), GRANT, PUBLIC).block(PATIENCE);
		Request request = this.web.requests().get(0);
		assertThat(request.method()).isEqualTo("POST");
		assertThat(request.form()).containsOnly(Map.entry("token", List.of("refresh-token-4567")),
				Map.entry("token_type_hint", List.of("refresh_token")), Map.entry("client_id", List.of("c1")));
		assertThat(request.header("User-Agent")).startsWith("mcp-oauth/");
	}

	@Test
	void revokeAccessTokenWhenClientHasASecretAuthenticates() {
		this.web.handle("/revoke", Answer.of(200, "application/json", "{\"error\": \"invalid_token\"}"));
		OAuthClient client = OAuthClient.configured("c1", Secret.of("s"), null);
		this.endpoint.revokeAccessToken(SERVER, metadata(), GRANT, client).block(PATIENCE);
		Request request = this.web.requests().get(0);
		assertThat(request.form()).containsOnly(Map.entry("token", List.of("access-token-0123")),
				Map.entry("token_type_hint", List.of("access_token")));
		assertThat(request.header("Authorization")).startsWith("Basic ");
	}

	@Test
	void revokeRefreshTokenWhenServerListsMethodsUsesOneOfThem() {
		this.web.handle("/revoke", Answer.status(204));
		OAuthClient client = OAuthClient.configured("c1", Secret.of("s"), null);
		this.endpoint.revokeRefreshToken(SERVER,
				metadata("revocation_endpoint_auth_methods_supported", List.of("client_secret_post")), GRANT, client)
			.block(PATIENCE);
		assertThat(this.web.requests().get(0).parameter("client_secret")).isEqualTo("s");
	}

	@Test
	void revokeRefreshTokenWhenRefusedIsRejected() {
		this.web.handle("/revoke", Answer.error(400, "unsupported_token_type"));
		assertThat(failure(this.endpoint.revokeRefreshToken(SERVER, metadata(), GRANT, PUBLIC)))
			.isInstanceOf(RefusedException.class)
			.hasMessage("The revocation endpoint '%s' answered 'unsupported_token_type'", this.web.url("/revoke"));
	}

	@Test
	void revokeRefreshTokenWhenClientIsNotAcceptedIsRejected() {
		this.web.handle("/revoke", Answer.status(401));
		assertThat(failure(this.endpoint.revokeRefreshToken(SERVER, metadata(), GRANT, PUBLIC)))
			.isInstanceOfSatisfying(RefusedException.class, (ex) -> assertThat(ex.is("invalid_client")).isTrue());
	}

	@ParameterizedTest
	@ValueSource(ints = { 302, 404, 429, 500, 503 })
	void revokeRefreshTokenWhenItMayPassIsUnavailable(int status) {
		this.web.handle("/revoke", Answer.status(status));
		assertThat(failure(this.endpoint.revokeRefreshToken(SERVER, metadata(), GRANT, PUBLIC)))
			.isInstanceOf(UnavailableException.class);
	}

	@Test
	void revokeRefreshTokenWhenThereIsNoEndpointIsUnusable() {
		assertThat(failure(this.endpoint.revokeRefreshToken(SERVER,
				new AuthorizationServerMetadata(Map.of("issuer", ISSUER, "token_endpoint", ISSUER + "/token")), GRANT,
				PUBLIC)))
			.isInstanceOf(UnusableException.class)
			.hasMessage("The authorization server 'https://as.example.com' has no revocation endpoint");
	}

	@Test
	void revokeRefreshTokenWhenEndpointIsNotAcceptableIsUnusable() {
		assertThat(failure(this.endpoint.revokeRefreshToken(SERVER,
				metadata("revocation_endpoint", "http://as.example.com/revoke"), GRANT, PUBLIC)))
			.isInstanceOf(UnusableException.class);
	}

	@Test
	@DisplayName("F33 a grant is not shown to another issuer")
	void revokeRefreshTokenWhenGrantIsOfAnotherIssuerIsUnusable() {
		assertThat(failure(this.endpoint.revokeRefreshToken(SERVER, metadata("issuer", ISSUER + "/"), GRANT, PUBLIC)))
			.isInstanceOf(UnusableException.class);
		assertThat(this.web.requests()).isEmpty();
	}

	private AuthorizationServerMetadata metadata() {
		return metadata("issuer", ISSUER);
	}

	private AuthorizationServerMetadata metadata(String name, Object value) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("issuer", ISSUER);
		members.put("token_endpoint", ISSUER + "/token");
		members.put("revocation_endpoint", this.web.url("/revoke").toString());
		members.put(name, value);
		return new AuthorizationServerMetadata(members);
	}

	private static @Nullable Throwable failure(Mono<?> mono) {
		return catchThrowable(() -> mono.block(PATIENCE));
	}

}
