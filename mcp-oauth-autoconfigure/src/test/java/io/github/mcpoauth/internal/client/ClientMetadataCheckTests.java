// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.client;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.protocol.LoopbackClients;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClientMetadata} and {@link ClientMetadataCheck}.
 */
class ClientMetadataCheckTests {

	private static final URI ADDRESS = URI.create("https://agent.example.com/mcp/client-metadata.json");

	private static final String GOOD = """
			{"client_id": "https://agent.example.com/mcp/client-metadata.json", "client_name": "Agent",
			"redirect_uris": ["http://127.0.0.1/callback"], "grant_types": ["authorization_code", "refresh_token"],
			"response_types": ["code"], "token_endpoint_auth_method": "none",
			"token_endpoint_auth_methods_supported": ["none"]%s}""";

	@Test
	void checkWhenDocumentIsOursFindsNothing() {
		McpServer server = new McpServer("a", URI.create("https://mcp.example.com/mcp"),
				OAuthSettings.builder()
					.scopes(Set.of("read"))
					.redirectUri(URI.create("https://proxy.example.com/callback"))
					.build());
		ClientMetadata client = ClientMetadata.of(ADDRESS, "Agent",
				URI.create("https://agent.example.com/mcp/connections/callback"), List.of(server), null);
		assertThat(client.document())
			.containsEntry("redirect_uris",
					List.of("https://agent.example.com/mcp/connections/callback", "http://127.0.0.1/callback",
							"http://localhost/callback", "https://proxy.example.com/callback"))
			.containsEntry("scope", "read");
		assertThat(check(client.document())).isEqualTo(new ClientMetadataCheck(List.of(), List.of()));
	}

	@Test
	void documentWhenOneServerAsksForWhatIsAdvertisedDoesNotLimitTheScope() {
		List<McpServer> servers = List.of(
				new McpServer("a", URI.create("https://a.example.com/mcp"),
						OAuthSettings.builder().scopes(Set.of("read")).build()),
				McpServer.of("b", URI.create("https://b.example.com/mcp")));
		assertThat(ClientMetadata.of(ADDRESS, "Agent", null, servers, null).document()).doesNotContainKey("scope");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"\"client_id\": \"https://other.example.com/x\" | its 'client_id' is 'https://other.example.com/x' and not its address",
			"\"client_id\": 1 | it has no 'client_id'", "\"client_name\": \" \" | it has no 'client_name'",
			"\"redirect_uris\": [] | it has no 'redirect_uris'",
			"\"redirect_uris\": \"https://x.example/cb\" | it has no 'redirect_uris'",
			"\"redirect_uris\": [\"http://x.example/cb\"] | 'http://x.example/cb' is neither https nor http on loopback",
			"\"redirect_uris\": [\"javascript:alert(1)\"] | is neither https nor http on loopback",
			"\"redirect_uris\": [1, \"https://x.example/cb#a\"] | is neither https nor http on loopback",
			"\"client_secret\": \"sEcReT\" | it has a client secret",
			"\"client_secret_expires_at\": 0 | it has a client secret",
			"\"token_endpoint_auth_method\": \"client_secret_basic\" | 'client_secret_basic' needs a secret",
			"\"token_endpoint_auth_methods_supported\": [\"client_secret_jwt\"] | 'client_secret_jwt' needs a secret",
			"\"token_endpoint_auth_methods_supported\": [\"private_key_jwt\"] | does not contain 'token_endpoint_auth_method'",
			"\"token_endpoint_auth_methods_supported\": \"none\" | is not a list",
			"\"token_endpoint_auth_method\": \"private_key_jwt\" | 'private_key_jwt' needs 'jwks' or 'jwks_uri'",
			"\"jwks_uri\": \"http://x.example/keys\" | 'jwks_uri' is not an https address",
			"\"jwks_uri\": \"https://x.example/keys\", \"jwks\": {} | it has both",
			"\"jwks\": {\"keys\": []} | its keys are no JWK Set",
			"\"jwks\": {\"keys\": [{\"kty\": \"EC\", \"d\": \"sEcReT\"}]} | is private or symmetric",
			"\"jwks\": {\"keys\": [{\"kty\": \"oct\", \"k\": \"sEcReT\"}]} | is private or symmetric",
			"\"jwks\": {\"keys\": [1]} | is no JSON Web Key",
			"\"grant_types\": [\"implicit\"] | 'grant_types' has no 'authorization_code'",
			"\"response_types\": [\"token\"] | 'response_types' has no 'code'" })
	void checkWhenDocumentIsWrongSaysWhy(String members, String reason) {
		ClientMetadataCheck check = ClientMetadataCheck.of(ADDRESS,
				GOOD.formatted(", " + members).getBytes(StandardCharsets.UTF_8));
		assertThat(check.errors()).anyMatch((error) -> error.contains(reason));
		assertThat(check.toString()).doesNotContain("sEcReT");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "[]", "null", "<html>", "{\"client_id\": ", "{} {}" })
	void checkWhenThereIsNoObjectSaysSo(String content) {
		assertThat(ClientMetadataCheck.of(ADDRESS, content.getBytes(StandardCharsets.UTF_8)).errors())
			.containsExactly("it is not a JSON object");
	}

	@ParameterizedTest
	@CsvSource({ "http://a.example/x,is not an https address", "https:///x,is not an https address",
			"https://a.example,has no path", "https://a.example/,has no path",
			"https://a.example/../x,has dot segments", "https://a.example/x#y,has a fragment",
			"https://u@a.example/x,has a user name" })
	void checkWhenAddressCannotBeAnIdentifierSaysWhyAndFetchesNothing(String address, String reason) {
		ClientMetadataCheck check = Objects
			.requireNonNull(new ClientMetadataFetch(new LoopbackClients()).check(URI.create(address)).block());
		assertThat(check.errors()).containsExactly("its address " + reason);
	}

	@Test
	void checkWhenMembersAreMissingWarns() {
		ClientMetadataCheck check = ClientMetadataCheck.of(null,
				"""
						{"client_id": "https://a.example/x?y", "client_name": "a", "redirect_uris": ["https://a.example/cb"]%s}"""
					.formatted(" ".repeat(ClientMetadataCheck.USUAL_LIMIT))
					.getBytes(StandardCharsets.UTF_8));
		assertThat(check.errors()).isEmpty();
		assertThat(check.warnings()).hasSize(6);
	}

	private static ClientMetadataCheck check(Map<String, Object> document) {
		return ClientMetadataCheck.of(ADDRESS, JsonMapper.shared().writeValueAsBytes(document));
	}

}
