// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration;
import io.github.mcpoauth.testing.MainProcess;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

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
		assertThat(result.err).contains("Run `mcp login other`");
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

	@ParameterizedTest
	@ValueSource(strings = { "--help", "help", "list --nonsense", "nonsense", "status" })
	void applicationWhenHelpOrUsageIsEnoughIsNotStarted(String words) throws Exception {
		List<String> arguments = new ArrayList<>(List.of("mcp"));
		arguments.addAll(List.of(words.split(" ")));
		Result result = run(arguments.toArray(String[]::new));
		assertThat(result.exitCode).isEqualTo(words.contains("help") ? 0 : 2);
		assertThat(result.out + result.err).contains("Usage:")
			.doesNotContain("The manager prints", "Initializer", "Exception");
	}

	@Test
	void helpWhenConfigurationCannotTurnTheCommandLineOffDoesNotReadIt() throws Exception {
		Files.writeString(this.directory.resolve("application.yml"), "no: [yaml");
		Result result = run("mcp", "--help");
		assertThat(result.out).contains("Usage:");
		assertThat(result.err).isEmpty();
		assertThat(result.exitCode).isZero();
	}

	@Test
	void helpWhenConfigurationTurnsTheCommandLineOffRunsTheApplication() throws Exception {
		Files.writeString(this.directory.resolve("application.yml"), "mcp.oauth.commandLine.enabled: false");
		Result result = run("mcp", "--help");
		assertThat(result.out).contains("CommandLineRunner runs", "main goes on").doesNotContain("Usage:");
		assertThat(result.exitCode).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "none", "servlet", "reactive" })
	void commandWhenApplicationHasMetricsAndADatabaseCreatesNeitherMetersNorServers(String type) throws Exception {
		Result result = run(CrowdedApplication.class, List.of("-Xmx96m", "-Xmn8m"), "mcp", "list",
				"--spring.main.web-application-type=" + type, "--spring.datasource.url=jdbc:h2:mem:tokens",
				"--mcp.oauth.store.type=jdbc", "--mcp.servers.demo.url=http://127.0.0.1:1/mcp");
		assertThat(result.err).doesNotContain("Exception", "Meters come to life", "Tomcat", "Netty started");
		assertThat(result.out).contains("demo", "LOGIN_REQUIRED");
		assertThat(result.exitCode).isZero();
	}

	@Test
	void commandWhenApplicationWasProcessedAheadOfTimeRunsFromItsConfiguration() throws Exception {
		Result result = run(CrowdedApplication.class, List.of("-Dspring.aot.enabled=true"), "mcp", "list",
				"--spring.main.web-application-type=servlet", "--mcp.servers.demo.url=http://127.0.0.1:1/mcp",
				"--mcp.oauth.store.file.directory=" + this.directory, "--spring.datasource.url=jdbc:h2:mem:tokens");
		assertThat(result.out).contains("demo", "LOGIN_REQUIRED");
		assertThat(result.exitCode).isZero();
	}

	@Test
	void commandWhenDatabaseIsDownSaysSoInOneLine() throws Exception {
		Result result = run(CrowdedApplication.class, List.of(), "mcp", "list",
				"--spring.datasource.url=jdbc:postgresql://127.0.0.1:1/tokens", "--spring.datasource.username=agent",
				"--spring.datasource.hikari.connection-timeout=500", "--mcp.oauth.store.type=jdbc",
				"--mcp.servers.demo.url=http://127.0.0.1:1/mcp");
		assertThat(result.err.lines()).singleElement(as(STRING)).contains("The store cannot be reached", "127.0.0.1:1");
		assertThat(result.exitCode).isEqualTo(4);
	}

	@Test
	void commandWhenApplicationCannotStartEndsWithTheExitCodeOfAFailure() throws Exception {
		Result result = run(CrowdedApplication.class, List.of(), "mcp", "list",
				"--mcp.servers.demo.url=http://127.0.0.1:1/mcp", "--mcp.servers.demo.oauth.client-idd=x");
		assertThat(result.err).contains("'mcp.servers.demo.oauth' has no property of that name",
				"Did you mean 'client-id'?");
		assertThat(result.exitCode).isEqualTo(1);
	}

	@Test
	void commandWhenClientSecretIsWrongSaysSoOnce() throws Exception {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				TestMcpServer mcpServer = TestMcpServer.start(authorizationServer)) {
			authorizationServer.client("agent", "right");
			Result result = run(MinimalCommand.class, List.of(), "mcp", "refresh", "demo", "--force",
					"--mcp.servers.demo.url=" + mcpServer.url(),
					"--mcp.servers.demo.oauth.grant-type=client_credentials",
					"--mcp.servers.demo.oauth.client-id=agent", "--mcp.servers.demo.oauth.client-secret=wrong",
					"--mcp.servers.demo.oauth.authorization-server=" + authorizationServer.issuer(),
					"--mcp.oauth.store.file.directory=" + this.directory.resolve("tokens"));
			// JDK 25 warns of native code before
			assertThat(result.err.lines().filter((line) -> line.contains("MCP server 'demo'")))
				.singleElement(as(STRING))
				.contains("'invalid_client'", "'mcp.servers.demo.oauth.client-id'");
			assertThat(result.exitCode).isEqualTo(1);
		}
	}

	@Test
	void commandWhenTerminatedWhileTheApplicationHangsEndsAtOnce() throws Exception {
		Process process = start(CrowdedApplication.class, List.of(), "mcp", "list", "--hang.now=true",
				"--mcp.servers.demo.url=http://127.0.0.1:1/mcp")
			.start();
		try (BufferedReader err = process.errorReader()) {
			assertThat(err.lines().anyMatch("The manager hangs"::equals)).isTrue();
			process.destroy();
			assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
			assertThat(process.exitValue()).isEqualTo(143);
		}
		finally {
			process.destroyForcibly();
		}
	}

	@Test
	void deadlineWhenPassedEndsTheProcessAlthoughItsThreadsHang() throws Exception {
		Result result = run(HangingCommand.class, List.of());
		assertThat(result.err).contains("Gave up after 0 s: the test did not end. Try again later");
		assertThat(result.exitCode).isEqualTo(4);
	}

	private Result run(String... arguments) throws IOException, InterruptedException {
		return run(NoisyApplication.class, List.of(), arguments);
	}

	private Result run(Class<?> main, List<String> options, String... arguments)
			throws IOException, InterruptedException {
		File out = this.directory.resolve("out").toFile();
		File err = this.directory.resolve("err").toFile();
		Process process = start(main, options, arguments).redirectOutput(out).redirectError(err).start();
		try {
			process.getOutputStream().close();
			assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		return new Result(process.exitValue(), Files.readString(out.toPath()), Files.readString(err.toPath()));
	}

	private ProcessBuilder start(Class<?> main, List<String> options, String... arguments) {
		return new ProcessBuilder(MainProcess.java(options, MainProcess.classPath(), main, arguments))
			.directory(this.directory.toFile());
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> json(String line) {
		return JsonMapper.shared().readValue(line, Map.class);
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(McpOAuthAutoConfiguration.class)
	public static class MinimalCommand {

		public static void main(String[] args) {
			new SpringApplicationBuilder(MinimalCommand.class).web(WebApplicationType.NONE).run(args);
		}

	}

	/**
	 * A command that does not end, nor lets the JVM exit.
	 */
	public static final class HangingCommand {

		public static void main(String[] args) throws InterruptedException {
			Runtime.getRuntime().addShutdownHook(new Thread(HangingCommand::hang));
			new CommandDeadline(System.err).within(Duration.ofMillis(100), "the test did not end");
			new CountDownLatch(1).await();
		}

		private static void hang() {
			try {
				new CountDownLatch(1).await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

	private record Result(int exitCode, String out, String err) {
	}

}
