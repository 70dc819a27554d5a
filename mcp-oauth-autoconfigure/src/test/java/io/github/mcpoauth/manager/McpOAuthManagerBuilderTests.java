// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.internal.event.GuardedListener;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link McpOAuthManagerBuilder}.
 */
class McpOAuthManagerBuilderTests {

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	@AfterEach
	void stop() {
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@Test
	void buildWithoutSpringBootLogsInAndCalls(@TempDir Path directory) throws Exception {
		// tag::builder[]
		McpOAuthManager manager = McpOAuthManager.builder()
			.server(McpServer.of("demo", this.mcpServer.url()))
			.directory(directory)
			.build();
		WebClient client = WebClient.builder().filter(manager.filter("demo")).build();
		// end::builder[]
		try (manager) {
			TestPerson.logIn(manager, GrantKey.of("demo"));
			String answer = client.post()
				.uri(this.mcpServer.url())
				.contentType(MediaType.APPLICATION_JSON)
				.bodyValue(ManagerFixture.ECHO)
				.retrieve()
				.bodyToMono(String.class)
				.block(ManagerFixture.PATIENCE);
			assertThat(answer).contains("jsonrpc");
			assertThat(manager.provider(GrantKey.of("demo")).status().block(ManagerFixture.PATIENCE))
				.extracting(ServerStatus::state)
				.isEqualTo(ServerStatus.State.AUTHORIZED);
		}
		assertThat(directory.resolve("demo.json")).exists();
	}

	@Test
	void buildWithoutAStoreFails() {
		assertThatIllegalStateException().isThrownBy(() -> McpOAuthManager.builder().build())
			.withMessageContaining("directory(...)");
	}

	@Test
	@DisplayName("X6: a listener that fails in all its methods keeps neither a refresh nor a login")
	void listenerWhenItFailsHasNoEffect(@TempDir Path directory) throws Exception {
		Events heard = new Events();
		try (McpOAuthManager manager = McpOAuthManager.builder()
			.server(McpServer.of("demo", this.mcpServer.url()))
			.directory(directory)
			.listener(new Failing())
			.listener(heard)
			.build()) {
			TestPerson.logIn(manager, GrantKey.of("demo"));
			for (int i = 1; i <= 2; i++) {
				assertThat(manager.provider(GrantKey.of("demo"))
					.refresh(null)
					.map(ServerStatus::state)
					.block(ManagerFixture.PATIENCE)).isEqualTo(ServerStatus.State.AUTHORIZED);
			}
			assertThat(this.authorizationServer.refreshes()).isEqualTo(2);
			assertThat(manager.provider(GrantKey.of("demo")).login(LoginRequest.withoutBrowser()).block()).isNotNull();
		}
		assertThat(heard.count).isPositive();
	}

	@Test
	@DisplayName("X6: an observation that cancels or ends the work early changes nothing")
	void observationWhenItEndsEarlyHasNoEffect() {
		McpOAuthListener impatient = new McpOAuthListener() {

			@Override
			public void onEvent(McpOAuthEvent event) {
				// Observes only
			}

			@Override
			public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
					Function<? super T, String> outcome) {
				return mono.timeout(Duration.ZERO).then(Mono.error(new IllegalStateException("observed")));
			}

		};
		Mono<String> work = Mono.fromSupplier(() -> "done");
		assertThat(GuardedListener.of(impatient)
			.observe(McpOAuthWork.discovery("demo"), Context.empty(), work, (value) -> value)
			.block(ManagerFixture.PATIENCE)).isEqualTo("done");
	}

	private static final class Events implements McpOAuthListener {

		private volatile int count;

		@Override
		public synchronized void onEvent(McpOAuthEvent event) {
			this.count++;
		}

	}

	private static final class Failing implements McpOAuthListener {

		@Override
		public void onEvent(McpOAuthEvent event) {
			throw new IllegalStateException("onEvent");
		}

		@Override
		public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
				Function<? super T, String> outcome) {
			throw new NoClassDefFoundError("observe");
		}

		@Override
		public void locked(String server, Duration waited) {
			throw new AssertionError("locked");
		}

		@Override
		public void refreshEnded(String server, int waiters) {
			throw new IllegalStateException("landed");
		}

	}

}
