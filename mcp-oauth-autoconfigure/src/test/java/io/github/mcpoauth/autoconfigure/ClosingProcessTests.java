// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.MainProcess;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for processes that end while a refresh is under way.
 */
class ClosingProcessTests {

	@ParameterizedTest
	@EnumSource(ClosingApplication.End.class)
	@DisplayName("X1: a refresh under way when a process ends is stored")
	void endWhenARefreshIsUnderWayStoresItsResult(ClosingApplication.End end, @TempDir Path directory)
			throws Exception {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start().reuseDetection(true);
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
			control.handle("/closing", (request) -> {
				hold.release();
				return TestHttpServer.Response.of(200, "text/plain", "");
			});
			MainProcess process = MainProcess.run(ClosingApplication.class, directory, MainProcess.classPath(),
					"-Dtest.end=" + end, "-Dtest.url=" + mcpServer.url(), "-Dtest.control=" + control.url());
			assertThat(control.count("/closing")).as(process.output()).isEqualTo(1);
			assertThat(authorizationServer.refreshes()).isEqualTo(1);
			manager.provider(GrantKey.of("demo")).refresh(null).block();
			assertThat(authorizationServer.refreshes()).as(process.output()).isEqualTo(2);
		}
	}

}
