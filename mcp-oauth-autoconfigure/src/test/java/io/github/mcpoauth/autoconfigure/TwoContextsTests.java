// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for two application contexts in one JVM that share a store.
 */
class TwoContextsTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final int REFRESHES = 20;

	@TempDir
	private Path directory;

	@Test
	@DisplayName("X1, law 19: one of two contexts closes during its refresh, and the other goes on without a login")
	void closeWhenAnotherContextSharesTheStoreLosesNothing() throws Exception {
		Set<Thread> before = threads();
		Set<Thread> own;
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start().reuseDetection(true);
				TestMcpServer mcpServer = TestMcpServer.start(authorizationServer);
				ConfigurableApplicationContext second = run(mcpServer);
				ConfigurableApplicationContext first = run(mcpServer)) {
			TestPerson.logIn(second.getBean(McpOAuthManager.class), GrantKey.of("demo"));
			List<ServerStatus> answers = Flux.range(0, REFRESHES)
				.concatMap((index) -> Flux.merge(refresh(first), refresh(second)))
				.collectList()
				.block(PATIENCE);
			assertThat(answers).hasSize(2 * REFRESHES).allSatisfy(TwoContextsTests::isAuthorized);
			TestHttpServer.Hold hold = authorizationServer.http().hold("/token");
			refresh(first).subscribe();
			hold.await(1);
			CompletableFuture<Void> closed = CompletableFuture.runAsync(first::close);
			CompletableFuture<ServerStatus> waiting = refresh(second).toFuture();
			hold.release();
			closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			assertThat(waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).satisfies(TwoContextsTests::isAuthorized);
			// With a new connection, after all that the first context had is closed
			assertThat(refresh(second).block(PATIENCE)).satisfies(TwoContextsTests::isAuthorized);
			own = threads();
			own.removeAll(before);
		}
		Awaitility.await().atMost(PATIENCE).until(() -> own.stream().noneMatch(Thread::isAlive));
	}

	private static void isAuthorized(ServerStatus status) {
		assertThat(status.state()).isEqualTo(ServerStatus.State.AUTHORIZED);
	}

	private ConfigurableApplicationContext run(TestMcpServer server) {
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.properties("mcp.servers.demo.url=" + server.url(), "mcp.servers.demo.oauth=",
					"mcp.oauth.store.file.directory=" + this.directory.resolve("tokens"), "spring.main.banner-mode=off")
			.run();
	}

	private static Mono<ServerStatus> refresh(ApplicationContext context) {
		McpOAuthProvider provider = context.getBean(McpOAuthManager.class).provider(GrantKey.of("demo"));
		return provider.refresh(null);
	}

	private static Set<Thread> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("mcp-oauth"))
			.collect(Collectors.toCollection(HashSet::new));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
