// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.fixtures.ChildProcess;
import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.devtools.restart.Restarter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An agent with DevTools, which close its context and make another one in the same JVM,
 * with classes of another class loader.
 */
@Tag("cluster")
class RestartTests {

	private static final int RESTARTS = 2;

	@ParameterizedTest(name = "starter in a jar: {0}")
	@ValueSource(booleans = { true, false })
	@DisplayName("X1, law 19: a restart by DevTools during a refresh loses no login and leaves no thread")
	void restartWhenARefreshIsUnderWayLosesNothing(boolean jar, @TempDir Path directory) throws Exception {
		List<String> store = new FileStore(directory.resolve("tokens")).start();
		try (SpringAuthorizationServer server = SpringAuthorizationServer.start(Duration.ofHours(1));
				TokenGate gate = TokenGate.before(server.mcpUrl())) {
			URI url = URI.create("http://127.0.0.1:%d/mcp".formatted(gate.port()));
			try (Agents agents = Agents.start(1, url, store)) {
				agents.logIn(0, server);
				try (ChildProcess process = start(url, store, jar, directory)) {
					for (int i = 1; i <= RESTARTS; i++) {
						renewed(process, i);
						TokenGate.Held answer = gate.hold();
						process.send("refresh");
						answer.awaitAnswer();
						process.send("restart");
						assertThat(process.await("^@threads (.*)")).isNotEqualTo("0");
						process.await("^@closing");
						answer.release();
					}
					renewed(process, RESTARTS + 1);
				}
				assertThat(agents.one(0, "call " + (RESTARTS + 2))).startsWith("ok ");
			}
			assertThat(server.tokenRequests("refresh_token", "ok")).isEqualTo(2 * RESTARTS + 2);
			assertThat(server.tokenRequests("refresh_token")).isEqualTo(2 * RESTARTS + 2);
		}
	}

	private static void renewed(ChildProcess process, int start) {
		assertThat(process.await("^@started (.*)")).isEqualTo("%d, left: []", start);
		assertThat(process.await("^@renewed (.*)")).isEqualTo("true");
	}

	/**
	 * DevTools restart what stands in directories, as this test does, unless a property
	 * excludes it, as if it were in a jar.
	 */
	private static ChildProcess start(URI server, List<String> store, boolean jar, Path directory) throws Exception {
		List<String> arguments = new ArrayList<>(Agents.arguments(server, store));
		arguments.add("--spring.devtools.livereload.enabled=false");
		String classPath = String.join(":", location(RestartedApplication.class), Agents.classPath(),
				location(Restarter.class));
		if (jar) {
			Path settings = Files.createDirectories(directory.resolve("settings/META-INF"));
			Files.writeString(settings.resolve("spring-devtools.properties"),
					"restart.exclude.starter=/mcp-oauth-[\\\\w-]+/target/(classes|.*\\\\.jar)/?\n");
			classPath = settings.getParent() + ":" + classPath;
		}
		return ChildProcess.java("restarted agent", classPath, RestartedApplication.class.getName(),
				arguments.toArray(String[]::new));
	}

	private static String location(Class<?> type) throws URISyntaxException {
		return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
	}

}
