// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What IDEs are told about the properties.
 */
class ConfigurationMetadataTests {

	private static final String MAIN = "META-INF/spring-configuration-metadata.json";

	private static final String SERVER = "META-INF/spring/configuration-metadata/"
			+ McpServersProperties.Server.class.getName() + ".json";

	private static final String OAUTH = "META-INF/spring/configuration-metadata/" + OAuthProperties.class.getName()
			+ ".json";

	private static final String IDENTITY_PROVIDER = "META-INF/spring/configuration-metadata/"
			+ IdentityProviderProperties.class.getName() + ".json";

	@Test
	void metadataWhenGeneratedDescribesEveryProperty() throws IOException {
		for (String resource : List.of(MAIN, SERVER, OAUTH, IDENTITY_PROVIDER)) {
			List<JsonNode> properties = properties(resource);
			assertThat(properties).as(resource).isNotEmpty();
			for (JsonNode property : properties) {
				assertThat(property.path("description").asString("")).as(property.path("name").asString())
					.endsWith(".")
					.doesNotContain("{@", "&lt;")
					.satisfies((description) -> assertThat(Character.isUpperCase(description.charAt(0))).isTrue());
			}
		}
	}

	@Test
	void metadataWhenGeneratedHasEveryPropertyThatBinds() throws IOException {
		assertThat(names(IDENTITY_PROVIDER))
			.containsExactlyInAnyOrderElementsOf(KnownProperties.of(IdentityProviderProperties.class).names());
		assertThat(names(OAUTH).stream().map((name) -> name.replaceFirst("\\..*", "")).distinct())
			.containsExactlyInAnyOrderElementsOf(KnownProperties.of(OAuthProperties.class).names());
		assertThat(names(SERVER)).contains("url");
		assertThat(names(MAIN)).contains("mcp.servers", "mcp.oauth.enabled", "mcp.oauth.ssl-bundle",
				"mcp.oauth.address-policy.allowed-hosts");
	}

	@ParameterizedTest
	@CsvSource({ "mcp.oauth.store.type,file", "mcp.oauth.store.file.directory,${user.home}/.mcp-oauth",
			"mcp.oauth.timeout.recovery,10s", "mcp.oauth.timeout.lock,60s", "mcp.oauth.timeout.token-endpoint,30s",
			"mcp.oauth.timeout.freshness-check,1ms", "mcp.oauth.command-line.enabled,true",
			"mcp.oauth.session.request-timeout,60s", "mcp.oauth.session.breaker-failures,3",
			"mcp.oauth.principal.source,application", "mcp.oauth.principal.when-absent,fail",
			"mcp.oauth.principal.cache-size,10000", "mcp.oauth.principal.idle-time,30m" })
	void metadataWhenGeneratedHasTheDocumentedDefaults(String name, String defaultValue) throws IOException {
		assertThat(properties(MAIN)).filteredOn((property) -> property.path("name").asString().equals(name))
			.singleElement()
			.satisfies((property) -> assertThat(property.path("defaultValue").asString()).isEqualTo(defaultValue));
	}

	@ParameterizedTest
	@ValueSource(strings = { "mcp.oauth.store.type", "token-endpoint-auth-method" })
	void metadataWhenPropertyHasFixedValuesHasAnEnumOfThem(String name) throws Exception {
		JsonNode property = List.of(MAIN, OAUTH)
			.stream()
			.flatMap((resource) -> properties(resource).stream())
			.filter((candidate) -> candidate.path("name").asString().equals(name))
			.findFirst()
			.orElseThrow();
		assertThat(Class.forName(property.path("type").asString()).isEnum()).isTrue();
	}

	@Test
	void metadataWhenGeneratedHasHints() {
		assertThat(read(MAIN).path("hints").findValuesAsString("name")).contains("mcp.servers.keys");
	}

	private static List<String> names(String resource) {
		return properties(resource).stream().map((property) -> property.path("name").asString()).toList();
	}

	private static List<JsonNode> properties(String resource) {
		List<JsonNode> properties = new ArrayList<>();
		read(resource).path("properties").forEach(properties::add);
		return properties;
	}

	private static JsonNode read(String resource) {
		try (InputStream stream = ConfigurationMetadataTests.class.getClassLoader().getResourceAsStream(resource)) {
			assertThat(stream).as(resource).isNotNull();
			return JsonMapper.shared().readTree(stream);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
