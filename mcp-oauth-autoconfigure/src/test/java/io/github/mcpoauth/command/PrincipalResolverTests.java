// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.actuate.McpOAuthEndpoint;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.Action;
import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration;
import io.github.mcpoauth.autoconfigure.McpOAuthWebAutoConfiguration;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.BasicUsers;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.MediaType;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that one {@link PrincipalResolver} of an application decides about requests and
 * the page, and that the endpoint and the commands name the same grants.
 */
class PrincipalResolverTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(Clock.systemUTC());

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final MemoryTokenStore store = new MemoryTokenStore();

	private final ByteArrayOutputStream out = new ByteArrayOutputStream();

	@AfterEach
	void stop() {
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	@DisplayName("Users of one tenant share its grant in requests, on the page, at the endpoint and in commands")
	void resolverWhenItNamesTenantsIsAskedByAll(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			McpOAuthManager manager = context.getBean(McpOAuthManager.class);
			McpOAuthEndpoint endpoint = new McpOAuthEndpoint(manager);
			assertThat(get(context, "call", "user1")).isEqualTo("done");
			assertThat(get(context, "call", "user2")).isEqualTo("done");
			assertThat(get(context, "call", "user3")).contains("requires re-authentication");
			assertThat(get(context, "mcp/connections", "user2")).contains("data-state=\"connected\"");
			assertThat(get(context, "mcp/connections", "user3")).contains("data-state=\"none\"");
			assertThat(state(endpoint, "tenant")).isEqualTo(State.AUTHORIZED);
			assertThat(state(endpoint, "other")).isEqualTo(State.LOGIN_REQUIRED);
			assertThat(command(manager, "status", "demo", "--principal=tenant")).contains("AUTHORIZED");
			assertThat(command(manager, "status", "demo", "--principal=other")).contains("LOGIN_REQUIRED");
			endpoint.perform("demo", Action.LOGOUT, null, null, null, "tenant").block(PATIENCE);
			assertThat(get(context, "call", "user2")).contains("requires re-authentication");
			assertThat(get(context, "mcp/connections", "user1")).contains("data-state=\"none\"");
			assertThat(command(manager, "status", "demo", "--principal=tenant")).contains("LOGIN_REQUIRED");
		}
	}

	private static State state(McpOAuthEndpoint endpoint, String principal) {
		return Objects.requireNonNull(endpoint.server("demo", principal).block(PATIENCE)).state();
	}

	private String command(McpOAuthManager manager, String... words) {
		this.out.reset();
		PrintStream stream = new PrintStream(this.out, true, StandardCharsets.UTF_8);
		Terminal terminal = new Terminal(InputStream.nullInputStream(), stream, stream);
		McpCommandLine.parse(List.of(words), terminal)
			.run(new Services(PrincipalCommandTests.beans(manager), terminal.in(), Clock.systemUTC()));
		return this.out.toString(StandardCharsets.UTF_8);
	}

	private static String get(ConfigurableApplicationContext context, String path, String user) {
		return BasicUsers.get(context, path, user).join().body();
	}

	private ConfigurableApplicationContext start(WebApplicationType type) {
		this.authorizationServer.client("client-1", "client-secret");
		this.store.put(GrantKey.of("demo", "tenant"),
				this.authorizationServer.issue("client-1", this.mcpServer.url().toString(), "read"));
		PrincipalResolver tenants = (server, context) -> ReactiveSecurityContextHolder.getContext()
			.mapNotNull((security) -> security.getAuthentication())
			.map((user) -> server.key(List.of("user1", "user2").contains(user.getName()) ? "tenant" : "other"));
		return new SpringApplicationBuilder(Application.class).web(type)
			.initializers((GenericApplicationContext context) -> {
				context.registerBean(TokenStore.class, () -> this.store);
				context.registerBean(PrincipalResolver.class, () -> tenants);
			})
			.run("--server.port=0", "--server.address=127.0.0.1", "--spring.main.banner-mode=off",
					"--mcp.servers.demo.url=" + this.mcpServer.url(), "--mcp.oauth.web.enabled=true");
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HttpHandlerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class,
			DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, SslAutoConfiguration.class,
			HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
			WebClientAutoConfiguration.class, McpOAuthAutoConfiguration.class, McpOAuthWebAutoConfiguration.class })
	@Import({ BasicUsers.ServletSecurity.class, BasicUsers.ReactiveSecurity.class, Controller.class })
	static class Application {

	}

	@RestController
	static class Controller {

		private final WebClient client;

		private final McpOAuthManager manager;

		Controller(WebClient.Builder client, McpOAuthManager manager) {
			this.client = client.build();
			this.manager = manager;
		}

		@GetMapping("/call")
		Mono<String> call() {
			return this.client.post()
				.uri(this.manager.servers().iterator().next().url())
				.contentType(MediaType.APPLICATION_JSON)
				.bodyValue("""
						{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo"}}""")
				.retrieve()
				.bodyToMono(String.class)
				.thenReturn("done")
				.onErrorResume((ex) -> Mono.just(String.valueOf(ex.getMessage())));
		}

	}

}
