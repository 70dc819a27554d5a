// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.Explanation;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.testing.FreePorts;
import io.github.mcpoauth.testing.KeyedManager;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DoctorCommand} with wrong set-ups, each named by its step.
 */
@Timeout(60)
class DoctorCommandTests extends CommandTestBase {

	private final MockWebServer server = new MockWebServer();

	private @Nullable RuntimeException tokenFailure;

	private @Nullable RuntimeException toolFailure;

	private State state = State.AUTHORIZED;

	@BeforeEach
	void start() throws IOException {
		this.server.start();
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void doctorWhenAllIsWellTicksEveryStep() {
		assertThat(run(this.server.url("/mcp").toString())).isEqualTo(ExitCode.DONE);
		assertThat(out().lines()).hasSize(6).allMatch((line) -> line.contains("\u2713") && line.contains("ms"));
	}

	@Test
	void doctorWhenHostIsUnknownStopsThere() {
		assertThat(run("http://no-such-host.invalid/mcp")).isEqualTo(ExitCode.FAILED);
		assertStopsAt("the name resolves", "correct 'url'");
	}

	@Test
	void doctorWhenNothingListensStopsThere() {
		assertThat(run("http://127.0.0.1:%d/mcp".formatted(FreePorts.next()))).isEqualTo(ExitCode.TRY_LATER);
		assertStopsAt("the port is open", "check that the server runs");
	}

	@Test
	void doctorWhenPortSpeaksPlainHttpStopsThere() {
		// The handshake may be taken for a request, or for the beginning of one
		this.server.enqueue(new MockResponse.Builder().code(400).build());
		this.server.enqueue(new MockResponse.Builder().code(400).build());
		assertThat(run(this.server.url("/mcp").toString().replace("http:", "https:"))).isEqualTo(ExitCode.FAILED);
		assertStopsAt("TLS works", "in 'url'");
	}

	@ParameterizedTest
	@CsvSource({ "STORE_ERROR,FAILED,the store can be read,/store/demo.json",
			"LOGIN_REQUIRED,LOGIN_REQUIRED,there is a login,run 'mcp login demo'" })
	void doctorWhenGrantCannotBeUsedStopsThere(State state, ExitCode exitCode, String step, String advice) {
		this.state = state;
		this.toolFailure = new LoginRequiredException("demo", "no user has logged in yet");
		assertThat(run(this.server.url("/mcp").toString())).isEqualTo(exitCode);
		assertStopsAt(step, advice);
	}

	@Test
	void doctorWhenServerWantsNoLoginGoesOn() {
		this.state = State.LOGIN_REQUIRED;
		assertThat(run(this.server.url("/mcp").toString())).isEqualTo(ExitCode.DONE);
	}

	@Test
	void doctorWhenTokenCannotBeRenewedStopsThere() {
		this.tokenFailure = new TransientAuthorizationException("demo", "no answer", null, null);
		assertThat(run(this.server.url("/mcp").toString())).isEqualTo(ExitCode.TRY_LATER);
		assertStopsAt("the token can be used", "no answer");
	}

	@Test
	void doctorWhenToolsCannotBeListedStopsThere() {
		this.toolFailure = new McpOAuthException("demo", "MCP server 'demo' answered 404");
		assertThat(run(this.server.url("/mcp").toString())).isEqualTo(ExitCode.FAILED);
		assertStopsAt("the server lists its tools", "answered 404");
	}

	private void assertStopsAt(String step, String advice) {
		List<String> lines = out().lines().toList();
		assertThat(lines.get(lines.size() - 2)).contains("\u2717", step);
		assertThat(lines.get(lines.size() - 1)).contains(advice).doesNotContain("java.", "Exception");
		assertThat(lines.subList(0, lines.size() - 2)).allMatch((line) -> line.contains("\u2713"));
	}

	private ExitCode run(String url) {
		Terminal terminal = terminal();
		return McpCommandLine.parse(List.of("doctor", "demo"), terminal)
			.run(new Services(
					new StaticListableBeanFactory(
							Map.of("manager", new Patient(URI.create(url)), "tools", new Tools())),
					terminal.in(), Clock.systemUTC()));
	}

	private final class Patient extends KeyedManager {

		private final McpServer server;

		Patient(URI url) {
			this.server = McpServer.of("demo", url);
		}

		@Override
		public Collection<McpServer> servers() {
			return List.of(this.server);
		}

		@Override
		protected Mono<ServerStatus> status(GrantKey key) {
			return Mono.just(new ServerStatus("demo", this.server.url(), DoctorCommandTests.this.state,
					new Explanation("a reason", null, null, null), GrantDetails.NONE, "/store/demo.json"));
		}

		@Override
		protected Mono<AccessToken> token(GrantKey key) {
			return (DoctorCommandTests.this.tokenFailure != null)
					? Mono.error(Objects.requireNonNull(DoctorCommandTests.this.tokenFailure)) : Mono.empty();
		}

	}

	private final class Tools implements McpToolClient {

		@Override
		public Mono<List<Map<String, Object>>> listTools(String server) {
			return (DoctorCommandTests.this.toolFailure != null)
					? Mono.error(Objects.requireNonNull(DoctorCommandTests.this.toolFailure))
					: Mono.just(List.of(Map.of("name", "echo")));
		}

		@Override
		public Mono<List<Map<String, Object>>> listTools(GrantKey key) {
			return listTools(key.server());
		}

		@Override
		public Mono<Map<String, Object>> callTool(GrantKey key, String tool, Map<String, Object> arguments) {
			throw new AssertionError("The doctor calls no tool");
		}

		@Override
		public Mono<Map<String, Object>> callTool(String server, String tool, Map<String, Object> arguments) {
			throw new AssertionError("The doctor calls no tool");
		}

	}

}
