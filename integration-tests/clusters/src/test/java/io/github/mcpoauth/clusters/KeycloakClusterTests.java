// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.mcpoauth.fixtures.KeycloakServer;
import io.github.mcpoauth.fixtures.ProtectedMcpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Processes that share a login at a Keycloak that revokes refresh tokens once they are
 * used.
 */
@Tag("cluster")
@Tag("keycloak")
class KeycloakClusterTests {

	@TempDir
	private static Path directory;

	private static KeycloakServer server;

	private static ProtectedMcpServer mcp;

	@BeforeAll
	static void start() {
		server = KeycloakServer.start();
		mcp = ProtectedMcpServer.start(server);
	}

	@AfterAll
	static void stop() {
		if (mcp != null) {
			mcp.close();
		}
		if (server != null) {
			server.close();
		}
	}

	static Stream<Arguments> stores() {
		return Stream
			.of(new FileStore(directory.resolve("file")), new PostgresStore(directory.resolve("postgres")),
					new RedisStore(directory))
			.map((store) -> arguments(named(store.title(), store)));
	}

	@ParameterizedTest
	@MethodSource("stores")
	@DisplayName("F1 8 processes with Keycloak: one token request for each expiry, none refused, no call fails")
	void callWhenTokensExpireAsksOnceForAllProcesses(ClusterStore store) {
		List<String> properties = new ArrayList<>(store.start());
		properties.add("--mcp.servers.demo.oauth.client-id=" + KeycloakServer.PUBLIC_CLIENT);
		long refreshed = server.tokenRequests("refresh_token");
		long granted = server.tokenRequests("refresh_token", "ok");
		try (Agents agents = Agents.start(ClusterTestBase.AGENTS, mcp.url(), properties)) {
			agents.logIn(0, server);
			long refused = mcp.answers(401);
			for (int round = 1; round <= ClusterTestBase.ROUNDS; round++) {
				assertThat(agents.all("call " + round)).hasSize(ClusterTestBase.AGENTS)
					.allSatisfy((answer) -> assertThat(answer).startsWith("ok "));
			}
			assertThat(mcp.answers(401)).isEqualTo(refused);
		}
		finally {
			store.stop();
		}
		assertThat(server.tokenRequests("refresh_token") - refreshed).isEqualTo(ClusterTestBase.ROUNDS);
		assertThat(server.tokenRequests("refresh_token", "ok") - granted).isEqualTo(ClusterTestBase.ROUNDS);
	}

}
