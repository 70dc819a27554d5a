// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.manager.McpOAuthManager;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for headers that a gateway demands.
 */
@DisplayName("F49: headers of a gateway")
class GatewayHeadersTests {

	private static final String HEADER = "CF-Access-Client-Secret";

	private final MockWebServer gateway = new MockWebServer();

	private final MockWebServer elsewhere = new MockWebServer();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@BeforeEach
	void start() throws Exception {
		this.gateway.start();
		this.elsewhere.start();
	}

	@AfterEach
	void stop() {
		this.gateway.close();
		this.elsewhere.close();
	}

	@Test
	@DisplayName("F49: requests to the server get them, with OAuth and without, and no other address does")
	void requestWhenServerIsBehindAGatewayGetsItsHeaders() {
		runner(true).run((context) -> {
			assertThat(header(context, this.gateway, "/mcp")).isEqualTo("hush");
			assertThat(header(context, this.gateway, "/mcp/sub")).isEqualTo("hush");
			assertThat(header(context, this.gateway, "/other")).isNull();
			assertThat(header(context, this.elsewhere, "/mcp")).isNull();
			WebClient own = WebClient.builder().filter(context.getBean(McpOAuthManager.class).filter("demo")).build();
			assertThat(header(own, this.gateway, "/mcp")).isEqualTo("hush");
			assertThat(header(own, this.elsewhere, "/mcp")).isNull();
		});
		runner(false).run((context) -> {
			assertThat(header(context, this.gateway, "/mcp")).isEqualTo("hush");
			assertThat(header(context, this.elsewhere, "/mcp")).isNull();
		});
	}

	@Test
	@DisplayName("F49: OAuth requests to the same origin get them, and no other authorization server does")
	void oauthRequestWhenItGoesToTheOriginGetsThem() {
		runner(true).run((context) -> {
			McpServer server = context.getBean(McpOAuthManager.class).servers().iterator().next();
			WebClient client = context.getBean(AuthorizationWebClients.class).forServer(server);
			assertThat(header(client, this.gateway, "/.well-known/oauth-protected-resource")).isEqualTo("hush");
			assertThat(header(client, this.elsewhere, "/token")).isNull();
		});
	}

	@Test
	@DisplayName("F49: a redirect does not carry them to another origin")
	void requestWhenServerRedirectsIsNotFollowed() {
		for (boolean oauth : List.of(true, false)) {
			runner(oauth).run((context) -> {
				this.gateway.enqueue(new MockResponse.Builder().code(302)
					.setHeader("Location", this.elsewhere.url("/mcp").toString())
					.build());
				int before = this.elsewhere.getRequestCount();
				send(context.getBean(WebClient.Builder.class).build(), this.gateway, "/mcp");
				assertThat(this.gateway.takeRequest().getHeaders().get(HEADER)).isEqualTo("hush");
				assertThat(this.elsewhere.getRequestCount()).isEqualTo(before);
			});
		}
	}

	@Test
	@DisplayName("S17: the text form of a server names no value of a header, parameter or query")
	void toStringWhenThereAreHeadersNamesNoValue() {
		McpServer server = ConfigurationText
			.yaml("""
					mcp.servers.demo:
					  url: https://mcp.example.com/mcp?key=hush
					  headers: {CF-Access-Client-Secret: hush}
					  oauth: {grant-type: client-credentials, client-id: a, client-secret: hush, token-parameters: {k: hush}}
					""")
			.servers()
			.get(0);
		assertThat(server.toString()).contains(HEADER, "k").doesNotContain("hush");
	}

	@Test
	void ofWhenHeaderCannotBeSentSaysWhich() {
		assertThat(problem("'[a b]': x")).contains("mcp.servers.demo.headers | ", "not one of an HTTP header");
		assertThat(problem("X-Key: \"hush\\nX-Other: y\"")).contains("header 'X-Key'").doesNotContain("hush");
		assertThat(problem("Authorization: Bearer x")).contains("for the access token");
	}

	private static String problem(String header) {
		return ConfigurationText
			.yaml("mcp.servers.demo: {url: 'https://mcp.example.com/mcp', headers: {%s}}".formatted(header))
			.problem();
	}

	private ApplicationContextRunner runner(boolean oauth) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
							WebClientAutoConfiguration.class, McpOAuthAutoConfiguration.class))
			.withPropertyValues("mcp.servers.demo.url=" + this.gateway.url("/mcp"),
					"mcp.servers.demo.headers.CF-Access-Client-Secret=hush", "mcp.servers.demo.oauth.enabled=" + oauth,
					"mcp.oauth.store.file.directory=" + this.directory);
	}

	private @Nullable String header(ApplicationContext context, MockWebServer server, String path) throws Exception {
		return header(context.getBean(WebClient.Builder.class).build(), server, path);
	}

	private @Nullable String header(WebClient client, MockWebServer server, String path) throws Exception {
		server.enqueue(new MockResponse.Builder().code(200).build());
		send(client, server, path);
		return server.takeRequest().getHeaders().get(HEADER);
	}

	private static void send(WebClient client, MockWebServer server, String path) {
		client.get().uri(URI.create(server.url(path).toString())).retrieve().toBodilessEntity().block();
	}

}
