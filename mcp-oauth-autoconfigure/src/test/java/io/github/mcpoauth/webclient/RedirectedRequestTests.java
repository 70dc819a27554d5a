// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.internal.httpclient.FilteredHttpClient;
import io.github.mcpoauth.testing.ScriptedManager;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Redirects of the MCP server, with a WebClient and with the client of the JDK.
 */
class RedirectedRequestTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final TestHttpServer http = TestHttpServer.start();

	private final TestHttpServer elsewhere = TestHttpServer.start();

	private final ScriptedManager manager = ScriptedManager.of("demo", this.http.url("/mcp"));

	@BeforeEach
	void hold() {
		this.manager.hold("token");
	}

	@AfterEach
	void stop() {
		this.http.close();
		this.elsewhere.close();
	}

	@ParameterizedTest
	@ValueSource(ints = { 307, 308 })
	@DisplayName("F44: a redirect below the address is followed, with body and token")
	void exchangeWhenRedirectedBelowFollows(int status) throws Exception {
		this.http.handle("/mcp", to(status, this.http.url("/mcp/").toString()));
		this.http.handle("/mcp/", Answer.of(200, "text/plain", "hello"));
		assertThat(post("{}")).isEqualTo("hello");
		assertThat(postWithJdk("{}").body()).isEqualTo("hello");
		assertThat(this.http.requests("/mcp/")).hasSize(2).allSatisfy((request) -> {
			assertThat(request.method()).isEqualTo("POST");
			assertThat(request.body()).isEqualTo("{}");
			assertThat(request.header("Authorization")).isEqualTo("Bearer token");
		});
	}

	@Test
	@DisplayName("F44: a token that is refused behind a redirect is renewed there")
	void exchangeWhenRedirectedAndUnauthorizedRecoversAtTheTarget() {
		this.http.handle("/mcp", to(307, "/mcp/v1?x=%2F"));
		this.http.next("/mcp/v1", Answer.status(401), Answer.of(200, "text/plain", "hello"));
		this.manager.recoverWith("other");
		assertThat(post("{}")).isEqualTo("hello");
		assertThat(this.http.count("/mcp")).isEqualTo(1);
		assertThat(this.http.requests("/mcp/v1")).extracting((request) -> request.header("Authorization"))
			.containsExactly("Bearer token", "Bearer other");
		assertThat(this.http.requests("/mcp/v1")).extracting((request) -> request.uri().getRawQuery())
			.containsOnly("x=%2F");
	}

	@Test
	@DisplayName("F44: a redirect to another place is not followed, and the message names the property")
	void exchangeWhenRedirectedElsewhereFails() {
		this.elsewhere.handle("/mcp", Answer.of(200, "text/plain", "stolen"));
		this.http.handle("/mcp", to(308, this.elsewhere.url("/mcp?session=1").toString()));
		assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> post("{}"))
			.withMessage("MCP server 'demo' answered 308 at '/mcp' and points to '" + this.elsewhere.url("/mcp")
					+ "', but redirects to another origin are not followed. If that is the address of the MCP server, set 'mcp.servers.demo.url' to it");
		assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> postWithJdk("{}"))
			.withMessageContaining("'mcp.servers.demo.url'");
		this.http.handle("/mcp", to(307, "/mcpx"));
		assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> post("{}"))
			.withMessageContaining("redirects to another path are not followed");
		this.http.handle("/mcp", to(302, "/login"));
		assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> post("{}"))
			.withMessageContaining("redirects are not followed");
		assertThat(this.elsewhere.requests()).isEmpty();
		assertThat(this.http.requests()).extracting(Request::path).containsOnly("/mcp");
	}

	@Test
	@DisplayName("F44: a circle of redirects ends")
	void exchangeWhenRedirectedInACircleFails() {
		this.http.handle("/mcp", to(307, "/mcp/a"));
		this.http.handle("/mcp/a", to(307, "/mcp"));
		assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> post("{}"))
			.withMessageContaining("there were too many redirects");
		assertThat(this.http.requests()).hasSize(4);
	}

	@Test
	@DisplayName("Law 8: a stream is not sent again to the target of a redirect")
	void exchangeWhenBodyIsAStreamDoesNotFollow() {
		this.http.handle("/mcp", to(307, "/mcp/"));
		assertThatExceptionOfType(McpOAuthException.class)
			.isThrownBy(() -> webClient().post()
				.uri(this.http.url("/mcp"))
				.body(Flux.just("a", "b"), String.class)
				.retrieve()
				.bodyToMono(String.class)
				.block(PATIENCE))
			.withMessageContaining("can be sent only once");
		assertThat(this.http.count("/mcp/")).isZero();
	}

	@Test
	@DisplayName("F44: other redirects of a GET are the caller's to see")
	void exchangeWhenGetIsRedirectedToSeeOtherReturnsTheAnswer() {
		this.http.handle("/mcp", to(303, "/login"));
		assertThat(webClient().method(HttpMethod.GET)
			.uri(this.http.url("/mcp"))
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode().value()))
			.block(PATIENCE)).isEqualTo(303);
	}

	private static Answer to(int status, String location) {
		return Answer.of(Response.json(status, Map.of()).header("Location", location));
	}

	private WebClient webClient() {
		return WebClient.builder().filter(this.manager.filter("demo")).build();
	}

	private String post(String body) {
		return webClient().post()
			.uri(this.http.url("/mcp"))
			.bodyValue(body)
			.retrieve()
			.bodyToMono(String.class)
			.blockOptional(PATIENCE)
			.orElseThrow();
	}

	private HttpResponse<String> postWithJdk(String body) throws Exception {
		HttpClient client = FilteredHttpClient
			.builder(HttpClient.newBuilder(), (url) -> true, this.manager.filter("demo"))
			.build();
		return client.send(HttpRequest.newBuilder(this.http.url("/mcp")).POST(BodyPublishers.ofString(body)).build(),
				BodyHandlers.ofString());
	}

}
