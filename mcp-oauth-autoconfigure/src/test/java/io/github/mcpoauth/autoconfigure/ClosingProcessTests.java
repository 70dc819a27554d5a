// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.MainProcess;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for processes that end while a refresh is under way.
 */
class ClosingProcessTests {

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start().reuseDetection(true);

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final TestHttpServer control = TestHttpServer.start();

	@TempDir
	private Path directory;

	private McpOAuthManager manager;

	private TestHttpServer.Hold hold;

	@BeforeEach
	void logIn() throws Exception {
		this.manager = McpOAuthManager.builder()
			.server(McpServer.of("demo", this.mcpServer.url()))
			.directory(this.directory.resolve("tokens"))
			.build();
		TestPerson.logIn(this.manager, GrantKey.of("demo"));
		this.hold = this.authorizationServer.http().hold("/token");
		this.control.handle("/refreshing", (request) -> {
			this.hold.await(1);
			return TestHttpServer.Response.of(200, "text/plain", "");
		});
		this.control.handle("/closing", (request) -> {
			this.hold.release();
			return TestHttpServer.Response.of(200, "text/plain", "");
		});
	}

	@AfterEach
	void stop() {
		this.manager.close();
		this.control.close();
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource(ClosingApplication.End.class)
	@DisplayName("X1: a refresh under way when a process ends is stored")
	void endWhenARefreshIsUnderWayStoresItsResult(ClosingApplication.End end) throws Exception {
		MainProcess process = run(ClosingApplication.class, "-Dtest.end=" + end);
		assertThat(this.control.count("/closing")).as(process.output()).isEqualTo(1);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
		this.manager.provider(GrantKey.of("demo")).refresh(null).block();
		assertThat(this.authorizationServer.refreshes()).as(process.output()).isEqualTo(2);
	}

	@Test
	@DisplayName("X22: after System.exit a fork of the tests ends at once, whatever its tests left behind")
	void exitWhenARefreshIsUnderWayWaitsForNothing() throws Exception {
		MainProcess process = run(UnfinishedApplication.class);
		assertThat(process.exitValue()).as(process.output()).isZero();
		assertThat(this.control.count("/refreshing")).isEqualTo(1);
		this.hold.release();
	}

	private MainProcess run(Class<?> main, String... options) throws Exception {
		Stream<String> addresses = Stream.of("-Dtest.url=" + this.mcpServer.url(),
				"-Dtest.control=" + this.control.url());
		return MainProcess.run(main, this.directory, MainProcess.classPath(),
				Stream.concat(addresses, Stream.of(options)).toArray(String[]::new));
	}

}
