// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.HttpClientSessionTransports;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.session.SessionTransports;
import io.github.mcpoauth.testing.ModernServlet;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * An application that calls the MCP library's own server of 2026-07-28.
 */
class ModernApplicationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("demo");

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	@TempDir
	private Path directory;

	private final ModernServlet servlet = ModernServlet.start();

	private @Nullable ConfigurableApplicationContext context;

	@BeforeEach
	void start() {
		this.mcpServer.inFrontOf(this.servlet.url());
	}

	@AfterEach
	void stop() {
		if (this.context != null) {
			this.context.close();
		}
		this.servlet.close();
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "webclient", "jdk" })
	void callToolWhenLoggedInWorksAndRecovers(String transport) throws Exception {
		McpToolClient tools = application("test.transport=" + transport);
		assertThat(tools.callTool("demo", "write", Map.of()).block(PATIENCE)).extracting("structuredContent")
			.asString()
			.contains("needs_reauth");
		McpOAuthManager manager = manager();
		TestPerson.logIn(manager, KEY);
		assertThat(text(tools, "write", Map.of())).isEqualTo("written 1");
		assertThat(Objects.requireNonNull(tools.listTools("demo").block(PATIENCE))).extracting("name")
			.contains("echo", "region");
		assertThat(text(tools, "region", Map.of("region", "Zürich"))).as("the argument is sent as a header too")
			.isEqualTo("in Zürich");
		assertThat(text(tools, "slow", Map.of())).isEqualTo("slowly");
		this.authorizationServer
			.revokeAccessToken(Objects.requireNonNull(manager.provider(KEY).token().block(PATIENCE)).value());
		assertThat(text(tools, "write", Map.of())).isEqualTo("written 2");
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(this.servlet.writes()).isEqualTo(2);
		assertThat(this.mcpServer.http().requests(TestMcpServer.MCP)).extracting(Request::method).containsOnly("POST");
	}

	@Test
	void callToolWhenTokenIsBoundToAKeySendsAProof() throws Exception {
		this.authorizationServer.dpop("ES256");
		this.mcpServer.dpop(Clock.systemUTC());
		McpToolClient tools = application();
		TestPerson.logIn(manager(), KEY);
		assertThat(text(tools, "write", Map.of())).isEqualTo("written 1");
		assertThat(this.mcpServer.http().requests(TestMcpServer.MCP))
			.filteredOn((request) -> String.valueOf(request.header("Authorization")).startsWith("DPoP "))
			.extracting((request) -> request.header("DPoP"))
			.hasSizeGreaterThanOrEqualTo(3)
			.doesNotHaveDuplicates();
	}

	@Test
	@DisplayName("The configured protocol is used without a question")
	void callToolWhenProtocolIsConfiguredUsesIt() throws Exception {
		McpToolClient tools = application("mcp.servers.demo.protocol=modern");
		TestPerson.logIn(manager(), KEY);
		assertThat(text(tools, "write", Map.of())).isEqualTo("written 1");
		assertThat(this.mcpServer.http().requests(TestMcpServer.MCP))
			.filteredOn((request) -> request.header("Authorization") != null)
			.extracting((request) -> request.header("Mcp-Method"))
			.containsExactly("server/discover", "tools/list", "tools/call");
	}

	@Test
	void runWhenProtocolIsUnknownNamesThePropertyAndTheValues() {
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> application("mcp.servers.demo.protocol=2026"))
			.satisfies((ex) -> assertThat(ex).hasStackTraceContaining("mcp.servers.demo.protocol"));
	}

	private McpToolClient application(String... properties) {
		ConfigurableApplicationContext started = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.properties("mcp.servers.demo.url=" + this.mcpServer.url(),
					"mcp.oauth.store.file.directory=" + this.directory.resolve("tokens"))
			.properties(properties)
			.run();
		this.context = started;
		return started.getBean(McpToolClient.class);
	}

	private McpOAuthManager manager() {
		return Objects.requireNonNull(this.context).getBean(McpOAuthManager.class);
	}

	private static String text(McpToolClient tools, String tool, Map<String, Object> arguments) {
		Map<String, Object> result = Objects.requireNonNull(tools.callTool("demo", tool, arguments).block(PATIENCE));
		assertThat(result.get("content")).as("%s", result).isInstanceOf(List.class);
		return String
			.valueOf(((Map<?, ?>) ((List<?>) Objects.requireNonNull(result.get("content"))).get(0)).get("text"));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		@ConditionalOnProperty(name = "test.transport", havingValue = "jdk")
		SessionTransports transports(McpOAuthManager manager, WorkThreads threads) {
			return new HttpClientSessionTransports(manager, Duration.ofSeconds(15), threads);
		}

	}

}
