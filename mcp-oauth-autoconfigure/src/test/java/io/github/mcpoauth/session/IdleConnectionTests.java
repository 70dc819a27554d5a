// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.nio.file.Path;
import java.util.Set;

import io.github.mcpoauth.testing.MainProcess;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The settings of {@code docs/operating.md} for connections that are idle, with both HTTP
 * clients.
 */
class IdleConnectionTests {

	private static final int CALLS = 5;

	@ParameterizedTest
	@ValueSource(strings = { "-Dreactor.netty.pool.maxIdleTime=1", "-Djdk.httpclient.keepalive.timeout=1" })
	@DisplayName("X27: a connection that was idle for longer than the client is told is not used for a call")
	void callToolWhenConnectionWasIdleForLongUsesAnother(String setting, @TempDir Path directory) throws Exception {
		MainProcess process = MainProcess.run(IdleConnectionApplication.class, directory, MainProcess.classPath(),
				setting, "-Dtest.jdk=" + setting.startsWith("-Djdk"));
		assertThat(process.output()).contains("@new");
		assertThat(process.exitValue()).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@DisplayName("X27: without the settings calls share connections")
	void callToolWhenNothingIsSetSharesConnections(boolean jdk) {
		try (SessionFixture fixture = jdk ? SessionFixture.overHttpClient() : new SessionFixture()) {
			for (int call = 0; call < CALLS; call++) {
				fixture.write();
			}
			assertThat(fixture.server.received("tools/call")).hasSize(CALLS)
				.extracting(Received::connection)
				.satisfies((connections) -> assertThat(Set.copyOf(connections)).hasSizeLessThan(CALLS));
		}
	}

}
