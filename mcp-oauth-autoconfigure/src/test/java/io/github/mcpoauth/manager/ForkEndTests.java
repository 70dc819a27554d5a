// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.nio.file.Path;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.testing.MainProcess;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The end of a JVM that leaves work behind and has no application context.
 */
class ForkEndTests {

	@Test
	@DisplayName("X22: after System.exit a fork of the tests ends at once, whatever its tests left behind")
	void exitWhenARefreshIsUnderWayWaitsForNothing(@TempDir Path directory) throws Exception {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				TestMcpServer mcpServer = TestMcpServer.start(authorizationServer);
				TestHttpServer control = TestHttpServer.start();
				McpOAuthManager manager = McpOAuthManager.builder()
					.server(McpServer.of("demo", mcpServer.url()))
					.directory(directory.resolve("tokens"))
					.build()) {
			TestPerson.logIn(manager, GrantKey.of("demo"));
			TestHttpServer.Hold hold = authorizationServer.http().hold("/token");
			control.handle("/refreshing", (request) -> {
				hold.await(1);
				return TestHttpServer.Response.of(200, "text/plain", "");
			});
			MainProcess process = MainProcess.run(UnfinishedApplication.class, directory, MainProcess.classPath(),
					"-Dtest.url=" + mcpServer.url(), "-Dtest.control=" + control.url().resolve("/refreshing"));
			assertThat(process.exitValue()).as(process.output()).isZero();
			assertThat(control.count("/refreshing")).isEqualTo(1);
			hold.release();
		}
	}

}
