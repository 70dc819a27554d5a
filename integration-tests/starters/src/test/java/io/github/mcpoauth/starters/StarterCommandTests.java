// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.starters;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration;
import io.github.mcpoauth.starters.Application.Ended;
import io.github.mcpoauth.starters.application.StarterApplication;
import io.github.mcpoauth.test.AutoConfigureMcpTestServers;
import io.github.mcpoauth.test.McpTestServer;
import io.github.mcpoauth.test.McpTestServers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each command in applications with the starters that are used most, as processes. What
 * the starters want to connect to takes connections and never answers.
 */
@SpringBootTest(classes = StarterCommandTests.ServerOnly.class)
@AutoConfigureMcpTestServers("demo")
class StarterCommandTests {

	private static final HttpClient BROWSER = HttpClient.newBuilder()
		.followRedirects(HttpClient.Redirect.NORMAL)
		.build();

	private static final String ALL = System.getProperty("java.class.path");

	private static final Path CLASS_PATHS = Path.of(System.getProperty("starters.class-paths"));

	private final McpTestServer demo;

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	StarterCommandTests(@Autowired McpTestServers servers) {
		this.demo = servers.server("demo");
	}

	@Test
	void commandsWhenApplicationHasAllStartersUseNoneOfThem() throws Exception {
		try (Trap trap = new Trap()) {
			Application application = application(ALL, trap, "");
			ended(application.run(StarterCommandTests::terminate, "login", "demo", "--no-browser", "--json"), 143,
					"authorization_url");
			ended(application.run(StarterCommandTests::visit, "login", "demo", "--no-browser", "--json"), 0,
					"AUTHORIZED");
			ended(application.run("test", "demo"), 0, "");
			assertThat(trap.caught()).as("connections").isZero();
		}
		assertThat(tables()).isNotEmpty().allMatch((table) -> table.startsWith("mcp_oauth"));
	}

	@Tag("starters")
	@ParameterizedTest
	@MethodSource("rows")
	void commandsWhenApplicationHasAStarterDoNotUseIt(String starter, String classPath) throws Exception {
		this.demo.tool("echo", "hello");
		List<Ended> row = new ArrayList<>();
		try (Trap trap = new Trap();
				ConfigurationServer configuration = new ConfigurationServer(
						Map.of("mcp.servers.demo.url", this.demo.url().toString()))) {
			Application application = application(classPath, trap, "configserver:" + configuration.url());
			row.add(ended(application.run("--help"), 0, "Usage:"));
			row.add(ended(application.run(StarterCommandTests::terminate, "login", "demo", "--no-browser", "--json"),
					143, "authorization_url"));
			row.add(ended(application.run(StarterCommandTests::visit, "login", "demo", "--no-browser", "--json"), 0,
					"AUTHORIZED"));
			row.add(ended(application.run("list"), 0, "AUTHORIZED"));
			row.add(ended(application.run("refresh", "--all"), 0, "demo"));
			row.add(ended(application.run("doctor", "demo"), 0, "lists its tools"));
			row.add(ended(application.run("test", "demo"), 0, "echo"));
			row.add(ended(application.run("call", "demo", "echo"), 0, "hello"));
			row.add(ended(application.run("logout", "demo"), 0, "demo"));
			row.add(ended(application.run("refresh", "demo"), 3, ""));
			assertThat(trap.caught()).as("connections").isZero();
		}
		if (hasDatabase(classPath)) {
			assertThat(tables()).isNotEmpty().allMatch((table) -> table.startsWith("mcp_oauth"));
		}
		report(starter, row);
	}

	@Tag("starters")
	@Test
	void commandWhenConfigurationServerDoesNotAnswerEndsWithinItsBound() throws Exception {
		try (Trap trap = new Trap()) {
			Application application = application(classPath(CLASS_PATHS.resolve("cloud-config")), trap,
					"configserver:http://127.0.0.1:%d".formatted(trap.port()));
			Ended ended = application.run("list", "--spring.cloud.config.request-read-timeout=300000");
			assertThat(ended.exitCode()).as("%s", ended).isEqualTo(4);
			assertThat(ended.err()).contains("Gave up after 120 s: the application did not start");
			assertThat(trap.caught()).isPositive();
		}
	}

	static List<Arguments> rows() throws IOException {
		List<Arguments> rows = new ArrayList<>();
		rows.add(Arguments.of("all of these", ALL));
		try (Stream<Path> files = Files.list(CLASS_PATHS)) {
			for (Path file : files.sorted().toList()) {
				rows.add(Arguments.of(file.getFileName().toString(), classPath(file)));
			}
		}
		return rows;
	}

	private static String classPath(Path starter) throws IOException {
		return String.join(File.pathSeparator, System.getProperty("starters.application"), Files.readString(starter),
				Files.readString(Path.of(System.getProperty("starters.own"))));
	}

	private static boolean hasDatabase(String classPath) {
		return classPath.contains("com/h2database");
	}

	private Application application(String classPath, Trap trap, String configuration) throws IOException {
		String server = classPath.contains("spring-cloud-config-client") ? "spring.config.import=" + configuration
				: "mcp.servers.demo.url=" + this.demo.url();
		Files.writeString(this.directory.resolve("application.properties"),
				server + "\n" + properties(trap.port(), hasDatabase(classPath)));
		return new Application(this.directory, classPath);
	}

	private String properties(int port, boolean database) {
		String store = database ? """
				spring.datasource.url=%s
				mcp.oauth.store.type=jdbc
				mcp.oauth.store.jdbc.initialize-schema=always
				""".formatted(url()) : """
				spring.datasource.url=jdbc:postgresql://127.0.0.1:%d/agent
				mcp.oauth.store.file.directory=grants
				""".formatted(port);
		return store + """
				server.port=%1$d
				management.tracing.sampling.probability=1
				management.tracing.export.zipkin.endpoint=http://127.0.0.1:%1$d/spans
				management.opentelemetry.tracing.export.otlp.endpoint=http://127.0.0.1:%1$d/traces
				management.opentelemetry.logging.export.otlp.endpoint=http://127.0.0.1:%1$d/logs
				management.otlp.metrics.export.url=http://127.0.0.1:%1$d/metrics
				spring.data.redis.port=%1$d
				spring.jpa.hibernate.ddl-auto=update
				spring.kafka.bootstrap-servers=127.0.0.1:%1$d
				spring.mail.host=127.0.0.1
				spring.mail.port=%1$d
				spring.mail.test-connection=true
				spring.mongodb.uri=mongodb://127.0.0.1:%1$d/agent
				spring.quartz.job-store-type=jdbc
				spring.quartz.jdbc.initialize-schema=always
				spring.batch.jdbc.initialize-schema=always
				spring.rabbitmq.port=%1$d
				spring.security.oauth2.client.registration.work.client-id=agent
				spring.security.oauth2.client.registration.work.client-secret=secret
				spring.security.oauth2.client.provider.work.issuer-uri=http://127.0.0.1:%1$d
				""".formatted(port);
	}

	private String url() {
		return "jdbc:h2:file:" + this.directory.resolve("database").toAbsolutePath();
	}

	private List<String> tables() throws Exception {
		List<String> tables = new ArrayList<>();
		try (Connection connection = DriverManager.getConnection(url());
				ResultSet found = connection.getMetaData().getTables(null, "PUBLIC", "%", null)) {
			while (found.next()) {
				tables.add(found.getString("TABLE_NAME").toLowerCase(Locale.ROOT));
			}
		}
		return tables;
	}

	private static Ended ended(Ended ended, int exitCode, String text) {
		assertThat(ended.exitCode()).as("%s", ended).isEqualTo(exitCode);
		assertThat(ended.out()).contains(text);
		assertThat(ended.err()).doesNotContain(StarterApplication.ALIVE, "Exception", "Tomcat", "Netty started");
		return ended;
	}

	private static void terminate(String line, Process process) {
		// Not by the process itself, which would close its output
		process.toHandle().destroy();
	}

	private static void visit(String line, Process process) {
		Object url = JsonMapper.shared().readValue(line, Map.class).get("authorization_url");
		if (url == null) {
			return;
		}
		try {
			BROWSER.send(HttpRequest.newBuilder(URI.create(url.toString())).build(), BodyHandlers.discarding());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void report(String name, List<Ended> row) throws IOException {
		StringBuilder line = new StringBuilder("| %s |".formatted(name));
		row.forEach(
				(ended) -> line.append(String.format(Locale.ROOT, " %d, %.1f s |", ended.exitCode(), ended.seconds())));
		Files.writeString(Path.of(System.getProperty("starters.table")), line.append('\n'), StandardOpenOption.CREATE,
				StandardOpenOption.APPEND);
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(McpOAuthAutoConfiguration.class)
	static class ServerOnly {

	}

}
