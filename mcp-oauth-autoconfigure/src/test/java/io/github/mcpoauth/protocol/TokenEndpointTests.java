/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.protocol;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.nimbusds.oauth2.sdk.util.URLUtils;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static io.github.mcpoauth.protocol.LoopbackClients.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TokenEndpoint}.
 */
class TokenEndpointTests {

	private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");

	private static final String ISSUER = "https://as.example.com";

	private static final OAuthClient PUBLIC = OAuthClient.configured("the client", null, null);

	private final MockWebServer web = new MockWebServer();

	private final TokenEndpoint endpoint = endpoint(ProtocolSettings.defaults());

	@BeforeEach
	void start() throws IOException {
		this.web.start();
	}

	@AfterEach
	void stop() {
		this.web.close();
	}

	@Test
	void refreshWhenAnsweredRenewsTheGrant() throws Exception {
		answer(200, """
				{"access_token": "new", "token_type": "bearer", "expires_in": 3600, "refresh_token": "rotated",
				 "scope": "a c", "not-before-policy": 0, "session_state": {}}""");
		Grant grant = grant();
		Grant renewed = refresh(grant);
		assertThat(renewed).isEqualTo(grant.mutate()
			.accessToken(Secret.of("new"))
			.refreshToken(Secret.of("rotated"))
			.issuedAt(NOW)
			.expiresAt(NOW.plusSeconds(3600))
			.scope(Set.of("a", "c"))
			.generation(8)
			.build());
		RecordedRequest request = this.web.takeRequest();
		assertThat(request.getMethod()).isEqualTo("POST");
		assertThat(request.getHeaders().get("Content-Type")).isEqualTo("application/x-www-form-urlencoded");
		assertThat(request.getHeaders().get("Accept")).isEqualTo("application/json");
		assertThat(request.getHeaders().get("Authorization")).isNull();
		assertThat(form(request)).containsOnly(Map.entry("grant_type", List.of("refresh_token")),
				Map.entry("refresh_token", List.of("spend/me+once=")), Map.entry("client_id", List.of("the client")),
				Map.entry("resource", List.of("http://localhost:1/mcp")));
	}

	private Grant refresh(Grant grant) {
		return succeed(this.endpoint.refresh(LoopbackClients.server(), grant, PUBLIC));
	}

	private static <T> T succeed(Mono<T> mono) {
		return mono.blockOptional(PATIENCE).orElseThrow();
	}

	private Grant grant() {
		return Grant.with(Secret.of("old"))
			.refreshToken(Secret.of("spend/me+once="))
			.issuer(ISSUER)
			.tokenEndpoint(url())
			.clientId("the client")
			.resource("http://localhost:1/mcp")
			.scope(Set.of("a", "b"))
			.generation(7)
			.build();
	}

	private URI url() {
		return this.web.url("/token").uri();
	}

	private void answer(int status, String body) {
		this.web.enqueue(new MockResponse.Builder().code(status)
			.setHeader("Content-Type", "application/json")
			.body(body)
			.build());
	}

	private static Map<String, List<String>> form(RecordedRequest request) {
		return URLUtils.parseParameters(request.getBody().utf8());
	}

	private static TokenEndpoint endpoint(ProtocolSettings settings) {
		return new TokenEndpoint(new LoopbackClients(), settings, Clock.fixed(NOW, ZoneOffset.UTC));
	}

}
