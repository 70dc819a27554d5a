// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.retired;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.fixtures.ChildProcess;
import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpSessions;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.transport.WebClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * The filter below a client of the MCP SDK 0.18, against a server of today.
 */
@ExtendWith(OutputCaptureExtension.class)
class RetiredSdkTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final String SESSION_ID = "Mcp-Session-Id";

	private static SpringAuthorizationServer server;

	@TempDir
	private Path store;

	private ConfigurableApplicationContext context;

	private McpAsyncClient client;

	/**
	 * The session id of the last request, as the server sees it.
	 */
	private final AtomicReference<String> session = new AtomicReference<>("");

	@BeforeAll
	static void startServer() {
		server = SpringAuthorizationServer.start(Duration.ofMinutes(5));
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@BeforeEach
	void start() {
		this.context = application();
		this.client = client();
	}

	@AfterEach
	void stop() {
		this.client.closeGracefully().block(PATIENCE);
		this.context.close();
	}

	@Test
	@DisplayName("F40 a client that was refused before the login works after it")
	void callWhenNobodyHasLoggedInFailsAndLaterWorks() {
		assertThatException().isThrownBy(() -> echo("hello"))
			.havingRootCause()
			.isInstanceOf(LoginRequiredException.class);
		logIn();
		assertThat(echo("hello")).isEqualTo("hello");
	}

	@Test
	void callWhenTokenWasRevokedIsRecovered() {
		logIn();
		assertThat(echo("before")).isEqualTo("before");
		long refreshes = server.tokenRequests("refresh_token", "ok");
		server.revokeAccessTokens();
		assertThat(echo("after")).isEqualTo("after");
		assertThat(server.tokenRequests("refresh_token", "ok")).isEqualTo(refreshes + 1);
	}

	@Test
	@DisplayName("F4 a token that was renewed elsewhere is used by the next call")
	void callWhenTokenWasRenewedElsewhereUsesIt() {
		logIn();
		assertThat(echo("before")).isEqualTo("before");
		try (ConfigurableApplicationContext other = application()) {
			other.getBean(McpOAuthManager.class).provider(GrantKey.of("demo")).refresh(null).block(PATIENCE);
		}
		long refreshes = server.tokenRequests("refresh_token");
		assertThat(echo("after")).isEqualTo("after");
		assertThat(server.tokenRequests("refresh_token")).isEqualTo(refreshes);
	}

	@Test
	@DisplayName("A session that the server has forgotten (404) is opened anew behind the client's back")
	void callWhenSessionIsForgottenIsSentAgainOnANewOne() {
		logIn();
		assertThat(echo("before")).isEqualTo("before");
		String forgotten = Objects.requireNonNull(this.session.get());
		this.context.getBean(WebClient.Builder.class)
			.build()
			.delete()
			.uri(server.mcpUrl())
			.header(SESSION_ID, forgotten)
			.retrieve()
			.toBodilessEntity()
			.block(PATIENCE);
		assertThat(echo("after")).isEqualTo("after");
		assertThat(this.session.get()).isNotEqualTo(forgotten);
	}

	@Test
	void closeWhenConnectedEndsQuietly(CapturedOutput output) {
		logIn();
		assertThat(echo("hello")).isEqualTo("hello");
		this.client.closeGracefully().block(PATIENCE);
		assertThat(output).doesNotContain("NoSuchMethodError").doesNotContain("ERROR");
	}

	@Test
	void sessionsWhenSdkIsTooOldAreNotThereAndSayWhy(CapturedOutput output) {
		assertThat(this.context.getBeanProvider(McpSessions.class).getIfAvailable()).isNull();
		assertThatException()
			.isThrownBy(() -> new SpringApplicationBuilder(RetiredSdkApplication.class, NeedsSessions.class)
				.web(WebApplicationType.NONE)
				.properties(properties())
				.run());
		assertThat(output).contains("need mcp-core 2.0 or newer", "this application has version 0.18.1");
	}

	@Test
	void commandWhenSdkIsTooOldSaysSo() {
		try (ChildProcess command = ChildProcess.java("mcp test", System.getProperty("java.class.path"),
				RetiredSdkApplication.class.getName(), "mcp", "test", "demo",
				"--mcp.servers.demo.url=" + server.mcpUrl(), "--mcp.oauth.store.file.directory=" + this.store)) {
			assertThat(command.awaitEnd()).isEqualTo(1);
			assertThat(command.output()).contains("mcp-core 2.0 or newer").doesNotContain("NoSuchMethodError");
		}
	}

	private ConfigurableApplicationContext application() {
		return new SpringApplicationBuilder(RetiredSdkApplication.class).web(WebApplicationType.NONE)
			.properties(properties())
			.run();
	}

	private String[] properties() {
		return new String[] { "mcp.servers.demo.url=" + server.mcpUrl(),
				"mcp.oauth.store.file.directory=" + this.store };
	}

	private McpAsyncClient client() {
		ExchangeFilterFunction recorder = (request, next) -> next.exchange(recorded(request));
		WebClient.Builder builder = this.context.getBean(WebClient.Builder.class)
			.filters((filters) -> filters.add(recorder));
		return McpClient
			.async(WebClientStreamableHttpTransport.builder(builder).endpoint(server.mcpUrl().toString()).build())
			.requestTimeout(PATIENCE)
			.build();
	}

	private ClientRequest recorded(ClientRequest request) {
		String id = request.headers().getFirst(SESSION_ID);
		if (id != null) {
			this.session.set(id);
		}
		return request;
	}

	private String echo(String message) {
		return Objects.requireNonNull(this.client.initialize()
			.then(Mono.defer(() -> this.client.callTool(new CallToolRequest("echo", Map.of("message", message)))))
			.map((result) -> ((TextContent) result.content().get(0)).text())
			.block(PATIENCE));
	}

	private void logIn() {
		Login login = Objects.requireNonNull(this.context.getBean(McpOAuthManager.class)
			.provider(GrantKey.of("demo"))
			.login(LoginRequest.withoutBrowser())
			.block(PATIENCE));
		server.logIn(Objects.requireNonNull(login.authorizationUrl()));
		login.completion().block(PATIENCE);
	}

	@Configuration(proxyBeanMethods = false)
	static class NeedsSessions {

		@Bean
		Object user(McpSessions sessions) {
			return sessions;
		}

	}

}
