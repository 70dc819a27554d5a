// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for commands about a server whose tokens Spring Security keeps.
 */
class RegistrationCommandTests extends CommandTestBase {

	private static final String ELSEWHERE = "registration 'idp' of Spring Security";

	@TempDir
	private Path directory;

	@Test
	void listWhenTokensAreElsewhereClaimsNoState() {
		assertThat(run("list")).isEqualTo(ExitCode.DONE);
		assertThat(out().lines().toList().get(1)).startsWith("tickets ")
			.contains("NOT_KNOWN", "http://127.0.0.1")
			.doesNotContain("AUTHORIZED");
		assertThat(run("list", "--json")).isEqualTo(ExitCode.DONE);
		List<?> servers = (List<?>) Objects
			.requireNonNull(JsonMapper.shared().readValue(out(), Map.class).get("servers"));
		Map<?, ?> server = (Map<?, ?>) servers.get(0);
		assertThat(server.get("state")).isEqualTo("NOT_KNOWN");
		assertThat(server.get("registration")).isEqualTo("idp");
		assertThat(String.valueOf(server.get("reason"))).contains(ELSEWHERE);
	}

	@ParameterizedTest
	@ValueSource(strings = { "status tickets", "status tickets --principal=alice", "status tickets --json" })
	void statusWhenTokensAreElsewhereSaysWhere(String words) {
		assertThat(run(words.split(" "))).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("NOT_KNOWN", ELSEWHERE).doesNotContain("AUTHORIZED");
	}

	@Test
	void doctorWhenTokensAreElsewhereLooksAtTheNetworkOnly() {
		assertThat(run("doctor", "tickets")).isEqualTo(ExitCode.DONE);
		assertThat(out().lines().toList()).hasSize(2);
		assertThat(err()).contains(ELSEWHERE);
	}

	@ParameterizedTest
	@ValueSource(strings = { "refresh tickets", "login tickets" })
	void commandWhenItNeedsATokenRefuses(String words) {
		assertThat(run(words.split(" "))).isNotEqualTo(ExitCode.DONE);
		assertThat(err()).contains(ELSEWHERE);
	}

	@Test
	void refreshWhenAllAreRenewedLeavesTheServerOut() {
		assertThat(run("refresh", "--all")).isEqualTo(ExitCode.DONE);
		assertThat(out() + err()).doesNotContain("tickets");
	}

	private ExitCode run(String... words) {
		this.out.reset();
		this.err.reset();
		Terminal terminal = terminal();
		try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
				McpOAuthManager manager = McpOAuthManager.builder()
					.server(new McpServer("tickets", URI.create("http://127.0.0.1:" + server.getLocalPort() + "/mcp"),
							OAuthSettings.builder().registration("idp").build()))
					.directory(this.directory)
					.build()) {
			return McpCommandLine.parse(List.of(words), terminal)
				.run(new Services(PrincipalCommandTests.beans(manager), terminal.in(), Clock.systemUTC()));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
