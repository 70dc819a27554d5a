// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import com.nimbusds.common.contenttype.ContentType;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Endpoint;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.WebClient;

import static io.github.mcpoauth.internal.protocol.LoopbackClients.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link Transport} on both connectors an application may have.
 */
class TransportTests {

	private static final McpServer SERVER = McpServer.of("github", URI.create("http://localhost:1/mcp"));

	private static final ProtocolSettings SETTINGS = new ProtocolSettings(Duration.ofSeconds(5), Duration.ofSeconds(5),
			1000, false);

	private final TestHttpServer web = TestHttpServer.start();

	static Stream<Named<AuthorizationWebClients>> connectors() {
		return Stream.of(Named.of("Reactor Netty", new LoopbackClients()), Named.of("JDK", LoopbackClients.onJdk()));
	}

	@AfterEach
	void stop() {
		this.web.close();
	}

	@ParameterizedTest
	@MethodSource("connectors")
	void postWhenAnsweredReadsTheAnswer(AuthorizationWebClients clients) {
		this.web.handle("/",
				TestHttpServer.Answer.of(Response.of(418, "application/json", "{\"a\": 1}")
					.header("Retry-After", "5")
					.header("Location", "/x")
					.header("WWW-Authenticate", "Basic", "Bearer")));
		OAuthResponse answer = post(clients, this.web.url("/")).blockOptional(PATIENCE).orElseThrow();
		assertThat(answer.status()).isEqualTo(418);
		assertThat(answer.members()).containsOnlyKeys("a");
		assertThat(answer.headers().retryAfter()).isEqualTo(Duration.ofSeconds(5));
		assertThat(answer.headers().location()).isEqualTo("/x");
		assertThat(answer.headers().challenges()).containsExactly("Basic", "Bearer");
		assertThat(answer.headers().contentType()).isEqualTo("application/json");
		assertThat(this.web.requests().get(0).body()).isEqualTo("secret=s3cret-0123456789");
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 5 a connection that was never made is transient")
	void postWhenNobodyListensIsUnavailable(AuthorizationWebClients clients) {
		URI url = this.web.url("/");
		this.web.close();
		assertThat(failure(clients, url)).isInstanceOf(UnavailableException.class)
			.hasMessageContaining("the connection was refused")
			.hasMessageNotContaining("failed with error");
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 5 a connection cut after the request leaves the outcome open, and nothing is sent twice")
	void postWhenConnectionIsResetIsUnknown(AuthorizationWebClients clients) {
		try (RawServer server = RawServer.resetting()) {
			assertThat(failure(clients, server.url("/"))).isInstanceOf(UnknownOutcomeException.class);
			assertThat(server.requests()).isEqualTo(1);
		}
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 5 an answer cut in the middle leaves the outcome open")
	void postWhenAnswerIsCutIsUnknown(AuthorizationWebClients clients) {
		try (RawServer server = RawServer
			.answering((request) -> "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\"")) {
			assertThat(failure(clients, server.url("/"))).isInstanceOf(UnknownOutcomeException.class);
		}
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("F32 a secret in what is not even HTTP does not get out")
	void postWhenAnswerIsNotHttpTakesSecretsOut(AuthorizationWebClients clients) {
		try (RawServer server = RawServer.answering((request) -> "s3cret-0123456789 is no status line\r\n\r\n")) {
			Throwable failure = failure(clients, server.url("/"));
			assertThat(failure).isInstanceOf(UnknownOutcomeException.class).hasNoCause();
			assertThat(failure.getMessage()).doesNotContainIgnoringCase("s3cret", "0123456");
		}
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 a body above the limit is a named failure, also when its length was not said")
	void postWhenBodyIsTooLongIsUnavailable(AuthorizationWebClients clients) {
		try (RawServer server = RawServer.answering((request) -> "HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(5000))) {
			assertThat(failure(clients, server.url("/"))).isInstanceOf(UnavailableException.class)
				.hasMessage("The endpoint '%s' answered more than 1000 bytes", server.url("/"));
		}
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Nothing can be lost with a document")
	void fetchWhenConnectionIsResetIsUnavailable(AuthorizationWebClients clients) {
		try (RawServer server = RawServer.resetting()) {
			HTTPRequest request = new HTTPRequest(HTTPRequest.Method.GET, server.url("/"));
			Throwable failure = catchThrowable(() -> transport(clients).fetch(SERVER, "It", request).block(PATIENCE));
			assertThat(failure).isInstanceOf(UnavailableException.class);
		}
	}

	@Test
	@DisplayName("Law 15 an address that the filter refuses is not usable")
	void postWhenClientRefusesTheAddressIsUnusable() {
		UnusableException refusal = new UnusableException("'as.example.com' is on a network that is not allowed");
		assertThat(failing(new IllegalStateException("wrapped", refusal))).isSameAs(refusal);
		assertThat(failing(new IOException("wrapped", refusal))).isSameAs(refusal);
	}

	private Throwable failing(Exception failure) {
		AuthorizationWebClients clients = (
				server) -> WebClient.builder().exchangeFunction((request) -> Mono.error(failure)).build();
		return failure(clients, this.web.url("/"));
	}

	private static Throwable failure(AuthorizationWebClients clients, URI url) {
		Throwable failure = catchThrowable(() -> post(clients, url).block(PATIENCE));
		assertThat(failure).isNotNull();
		return failure;
	}

	private static Mono<OAuthResponse> post(AuthorizationWebClients clients, URI url) {
		return transport(clients).exchange(new EndpointRequest(SERVER, new Endpoint("endpoint", url, null), null,
				List.of(Secret.of("s3cret-0123456789")), (uri, authentication) -> request(uri)));
	}

	private static Transport transport(AuthorizationWebClients clients) {
		return new Transport(clients, SETTINGS, TestClock.fixed());
	}

	private static HTTPRequest request(URI url) {
		HTTPRequest request = new HTTPRequest(HTTPRequest.Method.POST, url);
		request.setEntityContentType(ContentType.APPLICATION_URLENCODED);
		request.setBody("secret=s3cret-0123456789");
		return request;
	}

}
