// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What people write, and what becomes of it.
 */
class McpServersPropertiesTests {

	private static final McpServer LINEAR = McpServer.of("linear", URI.create("https://mcp.linear.app/mcp"));

	@ParameterizedTest
	@ValueSource(strings = { "oauth: {}", "oauth:", "oauth: true", "oauth: ''", "oauth: on", "oauth: 'true'",
			"oauth: {enabled: true}", "" })
	@DisplayName("An empty block, a bare key and true all mean on with defaults")
	void bindWhenYamlSaysOnGivesDefaults(String oauth) {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp
				      %s
				""".formatted(oauth)).servers()).containsExactly(LINEAR);
	}

	@ParameterizedTest
	@ValueSource(strings = { "oauth: false", "oauth: off", "oauth: 'no'", "oauth: {enabled: false}",
			"oauth: {enabled: false, client-secret: forgotten}" })
	void bindWhenYamlSaysOffLeavesTheServerOut(String oauth) {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp
				      %s
				""".formatted(oauth)).servers()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "mcp.servers.linear.oauth=", "mcp.servers.linear.oauth=true",
			"mcp.servers.linear.oauth.enabled=true", "mcp.servers[linear].oauth=TRUE" })
	void bindWhenPropertiesFileSaysOnGivesDefaults(String oauth) {
		assertThat(ConfigurationText.properties("""
				mcp.servers.linear.url=https://mcp.linear.app/mcp
				%s
				""".formatted(oauth)).servers()).containsExactly(LINEAR);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "true", "1" })
	void bindWhenVariableSaysOnGivesDefaults(String oauth) {
		assertThat(ConfigurationText.variable("MCP_SERVERS_LINEAR_URL", "https://mcp.linear.app/mcp")
			.andVariable("MCP_SERVERS_LINEAR_OAUTH", oauth)
			.servers()).containsExactly(LINEAR);
	}

	@Test
	void bindWhenOAuthIsNeitherSwitchNorBlockIsRefused() {
		assertThat(ConfigurationText.properties("""
				mcp.servers.linear.url=https://mcp.linear.app/mcp
				mcp.servers.linear.oauth=maybe
				""").problem()).contains("mcp.servers.linear.oauth | ", "neither true nor false",
				"Use true or false, or set enabled, ");
	}

	@Test
	void bindWhenSwitchesAndPortAreEmptyGivesDefaults() {
		assertThat(ConfigurationText.oauth("""
				enabled:
				require-pkce:
				redirect-port:
				refresh-all:
				""").servers()).containsExactly(LINEAR);
		assertThat(ConfigurationText.variable("MCP_SERVERS_LINEAR_URL", "https://mcp.linear.app/mcp")
			.andVariable("MCP_SERVERS_LINEAR_OAUTH_ENABLED", "")
			.servers()).containsExactly(LINEAR);
	}

	/**
	 * Spring Boot throws and catches exceptions for each primitive one that is not set.
	 */
	@Test
	void settersWhenBoundForEachServerTakeNoPrimitiveTypes() {
		assertThat(OAuthProperties.class.getMethods()).filteredOn((method) -> method.getName().startsWith("set"))
			.isNotEmpty()
			.noneMatch((method) -> method.getParameterTypes()[0].isPrimitive());
	}

	@Test
	void bindWhenVariableAddsToAnEmptyBlockKeepsBoth() {
		OAuthSettings settings = ConfigurationText.oauth("")
			.andVariable("MCP_SERVERS_LINEAR_OAUTH_CLIENT_ID", "id")
			.andVariable("MCP_SERVERS_LINEAR_OAUTH_CLIENT_SECRET", "secret")
			.settings();
		assertThat(settings.clientId()).isEqualTo("id");
		assertThat(settings.clientSecret()).isEqualTo(Secret.of("secret"));
	}

	@Test
	void bindWhenTrueIsSetAboveABlockKeepsTheBlock() {
		ConfigurationText text = ConfigurationText.properties("mcp.servers.linear.oauth=true").andYaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp
				      oauth:
				        enabled: false
				        client-id: id
				""");
		assertThat(text.settings().clientId()).isEqualTo("id");
	}

	@Test
	void bindWhenFalseIsSetAboveABlockIsOff() {
		assertThat(ConfigurationText.oauth("client-id: id").andVariable("MCP_SERVERS_LINEAR_OAUTH", "false").servers())
			.isEmpty();
	}

	@Test
	void bindWhenABlockIsSetAboveFalseIsOn() {
		ConfigurationText text = ConfigurationText.yaml("mcp.servers.linear.oauth.client-id: id").andYaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp
				      oauth: false
				""");
		assertThat(text.settings().clientId()).isEqualTo("id");
	}

	@Test
	void bindWhenAllIsSetMapsAll() {
		OAuthSettings settings = ConfigurationText.oauth("""
				client-id: id
				client-secret: secret
				token-endpoint-auth-method: client_secret_post
				client-metadata-url: https://example.com/client.json
				client-name: My agent
				scopes: [read, 'write admin']
				redirect-uri: https://proxy.example.com/callback
				redirect-host: localhost
				redirect-port: 8765
				resource: https://mcp.linear.app/
				authorization-server: https://auth.linear.app/
				authorize-parameters:
				  prompt: consent
				  access_type: offline
				callback-timeout: 90
				user-agent: agent/1
				require-pkce: false
				dpop: true
				""").settings();
		assertThat(settings).isEqualTo(OAuthSettings.builder()
			.clientId("id")
			.clientSecret(Secret.of("secret"))
			.tokenEndpointAuthMethod("client_secret_post")
			.clientMetadataUrl(URI.create("https://example.com/client.json"))
			.clientName("My agent")
			.scopes(Set.of("read", "write", "admin"))
			.redirectUri(URI.create("https://proxy.example.com/callback"))
			.redirectHost("localhost")
			.redirectPort(8765)
			.resource("https://mcp.linear.app/")
			.authorizationServer("https://auth.linear.app/")
			.authorizeParameters(Map.of("prompt", "consent", "access_type", "offline"))
			.callbackTimeout(Duration.ofSeconds(90))
			.userAgent("agent/1")
			.requirePkce(false)
			.dpop(OAuthSettings.DPoP.ALWAYS)
			.build());
		assertThat(settings.scopes()).containsExactly("read", "write", "admin");
	}

	@ParameterizedTest
	@CsvSource({ "auto,AUTO", "true,ALWAYS", "'\"true\"',ALWAYS", "on,ALWAYS", "false,NEVER", "'\"false\"',NEVER",
			"AUTO,AUTO" })
	void bindWhenDPoPIsASwitchOrAutoUnderstandsIt(String text, OAuthSettings.DPoP dpop) {
		assertThat(ConfigurationText.oauth("dpop: " + text + "\n").settings().dpop()).isEqualTo(dpop);
	}

	@Test
	@DisplayName("The oauth block of a Hermes agent binds as it stands")
	void bindWhenBlockIsOfHermesBindsAsItStands() {
		OAuthSettings settings = ConfigurationText.oauth("""
				client_id: id
				client_secret: secret
				scope: "read write"
				redirect_port: 8765
				redirect_uri: https://proxy.example.com/callback
				redirect_host: "localhost"
				client_name: "My agent"
				client_metadata_url: "https://example.com/client.json"
				cimd: false
				token_endpoint_auth_method: client_secret_basic
				user_agent: agent/1
				application_type: native
				timeout: 120
				""").settings();
		assertThat(settings).isEqualTo(OAuthSettings.builder()
			.clientId("id")
			.clientSecret(Secret.of("secret"))
			.scopes(Set.of("read", "write"))
			.redirectPort(8765)
			.redirectUri(URI.create("https://proxy.example.com/callback"))
			.redirectHost("localhost")
			.clientName("My agent")
			.tokenEndpointAuthMethod("client_secret_basic")
			.userAgent("agent/1")
			.callbackTimeout(Duration.ofMinutes(2))
			.build());
	}

	@ParameterizedTest
	@ValueSource(strings = { "scopes: read write", "scopes: [read, write]", "scopes: 'read, write'",
			"scope: read write", "scopes:\n- read write" })
	void bindWhenScopesAreSpelledInAnyWayReadsThemInOrder(String scopes) {
		assertThat(ConfigurationText.oauth(scopes).settings().scopes()).containsExactly("read", "write");
	}

	@ParameterizedTest
	@ValueSource(strings = { "none", "None" })
	void bindWhenResourceIsNoneSendsNone(String resource) {
		OAuthSettings settings = ConfigurationText.oauth("resource: " + resource).settings();
		assertThat(settings.sendResource()).isFalse();
		assertThat(settings.resource()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "client-secret: 1234567", "client-secret: true", "client-secret: 12.5" })
	void bindWhenSecretLooksLikeANumberTakesItAsText(String secret) {
		assertThat(ConfigurationText.oauth("client-id: id\n" + secret).settings().clientSecret())
			.isEqualTo(Secret.of(secret.substring(secret.indexOf(' ') + 1)));
	}

	@Test
	void bindWhenPlaceholdersAreEmptyIsAsIfNothingWasSet() {
		assertThat(ConfigurationText.oauth("""
				client-id: ${CLIENT_ID:}
				client-secret: ${CLIENT_SECRET:}
				scope: ${SCOPE:}
				client-metadata-url: ${METADATA:}
				redirect-uri: ${REDIRECT:}
				resource: ${RESOURCE:}
				user-agent: ${AGENT:}
				token-endpoint-auth-method: ${METHOD:}
				client-name: ${NAME:}
				""").settings()).isEqualTo(OAuthSettings.defaults());
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "localhost", "::1", "'[::1]'", "127.0.0.2" })
	void bindWhenRedirectHostIsLoopbackTakesIt(String host) {
		assertThat(ConfigurationText.oauth("redirect-host: " + host).settings().redirectHost())
			.isEqualTo(host.replace("'", ""));
	}

	@Test
	void bindWhenNamesNeedBracketsTakesThemAsTheyAre() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    "[mcp.linear.app]":
				      url: https://mcp.linear.app/mcp
				    "[Büro & Co]":
				      url: https://buero.example.com/mcp
				      oauth:
				        client_id: id
				""").servers()).extracting(McpServer::name).containsExactly("mcp.linear.app", "Büro & Co");
	}

	@Test
	void toStringWhenThereIsASecretDoesNotHoldIt() {
		assertThat(ConfigurationText.oauth("client-id: id\nclient-secret: hush").servers()).asString()
			.doesNotContain("hush");
	}

	@Test
	void bindWhenNothingIsSetHasNoServers() {
		assertThat(ConfigurationText.yaml("other: true").servers()).isEmpty();
		assertThat(ConfigurationText.yaml("mcp: {servers: {}}").servers()).isEmpty();
	}

}
