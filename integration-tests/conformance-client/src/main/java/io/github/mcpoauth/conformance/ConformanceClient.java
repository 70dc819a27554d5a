package io.github.mcpoauth.conformance;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Runs one scenario: tools are listed, one is called, and the exit code says whether that
 * went well.
 */
@SpringBootApplication
public class ConformanceClient {

	static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final String SERVER = "mcp.servers.conformance.";

	private static final String OAUTH = SERVER + "oauth.";

	/**
	 * Run the scenario that the environment names.
	 * @param args the address of the server under test as the last one
	 * @throws IOException if there is no place for tokens
	 */
	public static void main(String[] args) throws IOException {
		Path directory = Files.createTempDirectory("conformance");
		SpringApplication application = new SpringApplication(ConformanceClient.class);
		application.setDefaultProperties(properties(args[args.length - 1], directory));
		int code = 1;
		try (ConfigurableApplicationContext context = application.run()) {
			code = context.getBean(Scenario.class).run(URI.create(args[args.length - 1]), version());
		}
		catch (RuntimeException ex) {
			System.err.println(ex);
		}
		finally {
			delete(directory);
		}
		System.exit(code);
	}

	/**
	 * What a person who knows the server would write into the configuration.
	 */
	private static Map<String, Object> properties(String url, Path directory) {
		JsonNode context = JsonMapper.shared()
			.readTree(Objects.requireNonNullElse(System.getenv("MCP_CONFORMANCE_CONTEXT"), "{}"));
		Map<String, Object> properties = new LinkedHashMap<>();
		properties.put("mcp.oauth.store.file.directory", directory.toString());
		properties.put(SERVER + "url", url);
		properties.put(OAUTH + "client-metadata-url", "https://conformance-test.local/client-metadata.json");
		put(properties, "client-id", context.path("client_id").asString(null));
		put(properties, "client-secret", context.path("client_secret").asString(null));
		return properties;
	}

	private static void put(Map<String, Object> properties, String name, @Nullable String value) {
		if (value != null) {
			properties.put(OAUTH + name, value);
		}
	}

	private static String version() {
		return Objects.requireNonNullElse(System.getenv("MCP_CONFORMANCE_PROTOCOL_VERSION"), "2025-11-25");
	}

	private static void delete(Path directory) throws IOException {
		try (var files = Files.walk(directory)) {
			for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
				Files.delete(file);
			}
		}
	}

}
