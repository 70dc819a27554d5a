// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionHandler;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * Runs one scenario: an application uses a server, and the exit code says whether that
 * went well.
 */
@SpringBootApplication
public class ConformanceClient {

	static final String SERVER = "conformance";

	private static final String URL = "mcp.servers.%s.url".formatted(SERVER);

	private static final String OAUTH = "mcp.servers.%s.oauth.".formatted(SERVER);

	/**
	 * Run the scenario that the environment names.
	 * @param args the address of the server under test as the last one
	 * @throws IOException if there is no place for tokens
	 */
	public static void main(String[] args) throws IOException {
		Path directory = Files.createTempDirectory("conformance");
		SpringApplication application = new SpringApplication(ConformanceClient.class);
		application.setDefaultProperties(properties(args[args.length - 1], scenario(), context(), directory));
		int code = 1;
		try (ConfigurableApplicationContext running = application.run()) {
			running.getBean(Scenario.class).run(scenario(), context());
			code = 0;
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
	 * Stands in for a user who submits each form as it is.
	 */
	@Bean
	QuestionHandler questionHandler() {
		return (question) -> Mono.just(
				(question instanceof Question.Form form) ? Answer.accept(Samples.of(form.schema())) : Answer.decline());
	}

	/**
	 * The properties that an operator of the server's clients would configure.
	 */
	private static Map<String, Object> properties(String url, String scenario, JsonNode context, Path directory)
			throws IOException {
		Map<String, Object> properties = new LinkedHashMap<>();
		properties.put("mcp.oauth.store.file.directory", directory.toString());
		properties.put(URL, url);
		put(properties, "client-id", context, "client_id");
		put(properties, "client-secret", context, "client_secret");
		put(properties, "private-key", context, "private_key_pem");
		put(properties, "token-endpoint-auth-signing-alg", context, "signing_algorithm");
		switch (scenario) {
			case "auth/client-credentials-basic", "auth/client-credentials-jwt" ->
				properties.put(OAUTH + "grant-type", "client_credentials");
			case "auth/wif-jwt-bearer" -> {
				properties.put(OAUTH + "grant-type", "jwt-bearer");
				properties.put(OAUTH + "assertion-file", file(directory, context, "valid_jwt"));
				properties.put(OAUTH + "authorization-server", audience(context.path("valid_jwt").asString()));
			}
			case "auth/enterprise-managed-authorization", "auth/cross-app-access-complete-flow" -> {
				properties.put(OAUTH + "grant-type", "jwt-bearer");
				put(properties, "identity-provider.issuer", context, "idp_issuer");
				put(properties, "identity-provider.token-endpoint", context, "idp_token_endpoint");
				put(properties, "identity-provider.client-id", context, "idp_client_id");
				properties.put(OAUTH + "identity-provider.subject-token-file",
						file(directory, context, "idp_id_token"));
			}
			default ->
				properties.put(OAUTH + "client-metadata-url", "https://conformance-test.local/client-metadata.json");
		}
		return properties;
	}

	/**
	 * A file that the platform would provide.
	 */
	private static String file(Path directory, JsonNode context, String member) throws IOException {
		return Files.writeString(directory.resolve(member), context.path(member).asString()).toString();
	}

	private static void put(Map<String, Object> properties, String name, JsonNode context, String member) {
		if (context.has(member)) {
			properties.put(OAUTH + name, context.path(member).asString());
		}
	}

	/**
	 * The platform issues the assertion for the authorization server it is meant for.
	 */
	private static String audience(String assertion) {
		byte[] claims = Base64.getUrlDecoder().decode(assertion.split("\\.")[1]);
		JsonNode audience = JsonMapper.shared().readTree(claims).path("aud");
		return (audience.isArray() ? audience.path(0) : audience).asString();
	}

	private static JsonNode context() {
		return JsonMapper.shared().readTree(Objects.requireNonNullElse(System.getenv("MCP_CONFORMANCE_CONTEXT"), "{}"));
	}

	private static String scenario() {
		return Objects.requireNonNullElse(System.getenv("MCP_CONFORMANCE_SCENARIO"), "");
	}

	private static void delete(Path directory) throws IOException {
		try (var files = Files.walk(directory)) {
			for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
				Files.delete(file);
			}
		}
	}

}
