// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Logs in, calls and refreshes, on whatever class path it is started with.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class MinimalApplication {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	public static void main(String[] args) throws Exception {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				TestMcpServer mcpServer = TestMcpServer.start(authorizationServer);
				ConfigurableApplicationContext context = new SpringApplicationBuilder(MinimalApplication.class)
					.web(WebApplicationType.NONE)
					.properties("mcp.servers.demo.url=" + mcpServer.url(), "mcp.servers.demo.oauth=",
							"mcp.oauth.store.file.directory=" + Path.of(args[0]))
					.run()) {
			McpOAuthManager manager = context.getBean(McpOAuthManager.class);
			TestPerson.logIn(manager, GrantKey.of("demo"));
			manager.provider(GrantKey.of("demo")).refresh(null).block(PATIENCE);
			String answer = context.getBean(WebClient.Builder.class)
				.build()
				.post()
				.uri(mcpServer.url())
				.contentType(MediaType.APPLICATION_JSON)
				.bodyValue("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
				.retrieve()
				.bodyToMono(String.class)
				.block(PATIENCE);
			System.out.println("Refreshes: " + authorizationServer.refreshes());
			System.out.println("Answer: " + answer);
		}
	}

}
