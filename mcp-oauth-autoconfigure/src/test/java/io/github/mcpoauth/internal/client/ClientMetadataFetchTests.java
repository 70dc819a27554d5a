// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.client;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClientMetadataFetch}.
 */
class ClientMetadataFetchTests {

	private static final String DOCUMENT = "/client.json";

	private static final String KEYS = "/keys.json";

	private final TestHttpServer web = TestHttpServer.start();

	/**
	 * Connects to the test's server whatever the address is, as a proxy does that ends
	 * TLS.
	 */
	private final AuthorizationWebClients clients = (McpServer server) -> WebClient.builder()
		.filter((request, next) -> next
			.exchange(ClientRequest.from(request).url(this.web.url(request.url().getPath())).build()))
		.build();

	@AfterEach
	void stop() {
		this.web.close();
	}

	@Test
	void checkWhenDocumentAndKeysAreGoodFindsNothing() {
		document("private_key_jwt", "https://agent.example.com" + KEYS);
		this.web.handle(KEYS,
				Answer.json(200, Map.of("keys", List.of(Map.of("kty", "EC", "crv", "P-256", "x", "a", "y", "b")))));
		assertThat(check()).isEqualTo(new ClientMetadataCheck(List.of(), List.of()));
	}

	@Test
	void checkWhenKeysArePrivateOrMissingSaysSo() {
		document("private_key_jwt", "https://agent.example.com" + KEYS);
		assertThat(check().errors()).containsExactly("'jwks_uri': its address answered 404");
		this.web.handle(KEYS, Answer.json(200, Map.of("keys", List.of(Map.of("kty", "EC", "d", "sEcReT")))));
		assertThat(check().errors()).hasSize(1).first().asString().contains("is private").doesNotContain("sEcReT");
	}

	@Test
	void checkWhenDocumentIsNotServedAsItHasToBeSaysWhy() {
		assertThat(check().errors()).containsExactly("its address answered 404");
		this.web.handle(DOCUMENT, Answer.of(Response.redirect("https://elsewhere.example/")));
		assertThat(check().errors()).containsExactly("its address answered 302, and servers follow no redirects here");
		this.web.handle(DOCUMENT, Answer.status(401));
		assertThat(check().errors())
			.containsExactly("its address answered 401, and servers cannot log in: serve it without a login");
		this.web.handle(DOCUMENT, Answer.of(200, "text/html", "<html>"));
		assertThat(check().errors()).containsExactly("its content type is 'text/html' and not application/json");
		this.web.handle(DOCUMENT, Answer.of(200, "application/json", " ".repeat(70_000)));
		assertThat(check().errors()).containsExactly("it has more than 65536 bytes");
		this.web.handle(DOCUMENT, Answer.dropped());
		assertThat(check().errors()).hasSize(1).first().asString().startsWith("its address cannot be reached");
	}

	private void document(String method, String keys) {
		this.web.handle(DOCUMENT,
				Answer.json(200,
						Map.of("client_id", "https://agent.example.com" + DOCUMENT, "client_name", "a", "redirect_uris",
								List.of("http://127.0.0.1/callback"), "grant_types",
								List.of("authorization_code", "refresh_token"), "token_endpoint_auth_method", method,
								"token_endpoint_auth_methods_supported", List.of(method), "jwks_uri", keys)));
	}

	private ClientMetadataCheck check() {
		return Objects.requireNonNull(
				new ClientMetadataFetch(this.clients).check(URI.create("https://agent.example.com" + DOCUMENT))
					.block(Duration.ofSeconds(30)));
	}

}
