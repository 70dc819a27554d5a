// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.NeedsReauth;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CommandLineListener} and {@link CommandLineInitializer} in processes
 * of their own.
 */
class CommandLineListenerTests {

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@Test
	void applicationWhenStartedWithACommandRunsNothingElse() throws Exception {
		Result result = run("mcp", "status", "demo", "--json");
		assertThat(result.exitCode).isZero();
		assertThat(result.out.lines()).hasSize(2).first().isEqualTo("main begins");
		assertThat(json(result.out.lines().skip(1).findFirst().orElseThrow())).containsEntry("server", "demo")
			.containsEntry("state", "AUTHORIZED");
		assertThat(result.err).contains("The manager logs", "The manager prints")
			.doesNotContain("Exception", "runs", "comes to life", "Consumer starts", "goes on", ":: Spring Boot ::",
					"Starting ");
	}

	@Test
	void applicationWhenCommandFailsEndsWithItsExitCode() throws Exception {
		Result result = run("--mcp.servers.demo.url=http://localhost/mcp", "mcp", "refresh", "--all", "--json",
				"--spring.main.web-application-type=reactive", "--logging.level.root=info");
		assertThat(result.exitCode).isEqualTo(3);
		assertThat(result.out).contains("\"needs_reauth\":true").doesNotContain("logs", "prints");
		assertThat(result.err).contains(NeedsReauth.of("other", "nobody has logged in yet").error());
	}

	@Test
	void applicationWhenCommandLineIsTurnedOffRunsAsEver() throws Exception {
		Result result = run("mcp", "list", "--mcp.oauth.command-line.enabled=false");
		assertThat(result.out).contains(":: Spring Boot ::", "CommandLineRunner runs", "ApplicationRunner runs",
				"Singleton comes to life", "Scheduled work comes to life", "Consumer starts", "main goes on");
		assertThat(result.exitCode).isZero();
	}

	@Test
	void applicationWhenFirstWordIsAnotherRunsAsEver() throws Exception {
		Result result = run("--x=y", "serve", "mcp", "list");
		assertThat(result.out).contains("CommandLineRunner runs", "main goes on").doesNotContain("AUTHORIZED");
		assertThat(result.exitCode).isZero();
	}

	private Result run(String... arguments) throws IOException, InterruptedException {
		File out = this.directory.resolve("out").toFile();
		File err = this.directory.resolve("err").toFile();
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-cp", System.getProperty("java.class.path"), NoisyApplication.class.getName()));
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).redirectOutput(out).redirectError(err).start();
		try {
			process.getOutputStream().close();
			assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		return new Result(process.exitValue(), Files.readString(out.toPath()), Files.readString(err.toPath()));
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> json(String line) {
		return JsonMapper.shared().readValue(line, Map.class);
	}

	private record Result(int exitCode, String out, String err) {
	}

}
