// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * Logs in and calls tools over the HTTP client of the JDK, on whatever class path it is
 * started with.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class HttpClientTransportApplication {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	public static void main(String[] args) throws Exception {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				TestMcpServer mcpServer = TestMcpServer.start(authorizationServer);
				ConfigurableApplicationContext context = new SpringApplicationBuilder(
						HttpClientTransportApplication.class)
					.web(WebApplicationType.NONE)
					.properties(
							"spring.ai.mcp.client.streamable-http.connections.demo.url=" + mcpServer.url().resolve("/"),
							"mcp.servers.demo.oauth=", "mcp.oauth.store.file.directory=" + Path.of(args[0]))
					.run()) {
			McpOAuthManager manager = context.getBean(McpOAuthManager.class);
			ToolCallbackProvider provider = context.getBean(ToolCallbackProvider.class);
			System.out.println("Before: " + names(provider));
			System.out.println("Answer: " + provider.getToolCallbacks()[0].call("{}"));
			TestPerson.logIn(manager, GrantKey.of("demo"));
			System.out.println("After: " + names(provider));
			authorizationServer.revokeAccessToken(
					Objects.requireNonNull(manager.provider(GrantKey.of("demo")).token().block(PATIENCE)).value());
			System.out.println("Result: " + provider.getToolCallbacks()[0].call("{}"));
			System.out.println("Session: "
					+ context.getBean(McpToolClient.class).callTool("demo", "echo", Map.of()).block(PATIENCE));
			System.out.println("Refreshes: " + authorizationServer.refreshes());
		}
	}

	private static List<String> names(ToolCallbackProvider provider) {
		return Arrays.stream(provider.getToolCallbacks())
			.map(ToolCallback::getToolDefinition)
			.map((definition) -> definition.name())
			.toList();
	}

}
