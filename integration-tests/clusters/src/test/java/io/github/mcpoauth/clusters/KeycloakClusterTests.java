package io.github.mcpoauth.clusters;

import java.nio.file.Path;
import java.util.List;

import io.github.mcpoauth.fixtures.KeycloakServer;
import io.github.mcpoauth.fixtures.ProtectedMcpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that share a login at a Keycloak that revokes refresh tokens once they are
 * used.
 */
@Tag("cluster")
@Tag("keycloak")
class KeycloakClusterTests {

	private static final int AGENTS = 8;

	private static final int ROUNDS = 25;

	@TempDir
	private static Path directory;

	private static KeycloakServer server;

	private static ProtectedMcpServer mcp;

	private static Agents agents;

	@BeforeAll
	static void start() {
		server = KeycloakServer.start();
		mcp = ProtectedMcpServer.start(server);
		agents = Agents.start(AGENTS, mcp.url(), List.of("--mcp.oauth.store.file.directory=" + directory,
				FileClusterTests.NO_DATABASE, "--mcp.servers.demo.oauth.client-id=" + KeycloakServer.PUBLIC_CLIENT));
	}

	@AfterAll
	static void stop() {
		if (agents != null) {
			agents.close();
		}
		if (mcp != null) {
			mcp.close();
		}
		if (server != null) {
			server.close();
		}
	}

	@Test
	@DisplayName("F1 8 processes with Keycloak: one token request for each expiry, none refused, no call fails")
	void callWhenTokensExpireAsksOnceForAllProcesses() {
		agents.logIn(0, server);
		for (int round = 1; round <= ROUNDS; round++) {
			assertThat(agents.all("call " + round)).hasSize(AGENTS)
				.allSatisfy((answer) -> assertThat(answer).startsWith("ok "));
		}
		assertThat(server.tokenRequests("refresh_token")).isEqualTo(ROUNDS);
		assertThat(server.tokenRequests("refresh_token", "ok")).isEqualTo(ROUNDS);
		assertThat(mcp.answers(401)).isZero();
	}

}
