// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.nimbusds.oauth2.sdk.util.URLUtils;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link AuthorizationEndpoint}.
 */
class AuthorizationEndpointTests {

	private static final URI REDIRECT_URI = URI.create("http://127.0.0.1:4711/callback");

	private final AuthorizationEndpoint endpoint = new AuthorizationEndpoint(ProtocolSettings.defaults());

	@Test
	void requestWhenBuiltHoldsWhatTheProtocolWants() throws Exception {
		AuthorizationRequest request = request(metadata("https://as.example.com/authorize"), "https://h/mcp/?a=%2f",
				"files:read", "files:write");
		assertThat(request.uri().toString()).startsWith("https://as.example.com/authorize?");
		Map<String, List<String>> parameters = parameters(request.uri());
		assertThat(parameters)
			.containsOnlyKeys("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge",
					"code_challenge_method", "resource")
			.containsEntry("response_type", List.of("code"))
			.containsEntry("client_id", List.of("the client"))
			.containsEntry("redirect_uri", List.of("http://127.0.0.1:4711/callback"))
			.containsEntry("scope", List.of("files:read files:write"))
			.containsEntry("state", List.of(request.state().reveal()))
			.containsEntry("code_challenge_method", List.of("S256"))
			.containsEntry("resource", List.of("https://h/mcp/?a=%2f"));
		byte[] digest = MessageDigest.getInstance("SHA-256")
			.digest(request.codeVerifier().reveal().getBytes(StandardCharsets.US_ASCII));
		assertThat(parameters.get("code_challenge"))
			.containsExactly(Base64.getUrlEncoder().withoutPadding().encodeToString(digest));
		assertThat(request.issuer()).isEqualTo("https://as.example.com");
		assertThat(request.issParameterSupported()).isFalse();
		assertThat(request.redirectUri()).isEqualTo(REDIRECT_URI);
		assertThat(request.audience())
			.isEqualTo(new TokenAudience("https://as.example.com", URI.create("https://as.example.com/token"),
					List.of(), "https://h/mcp/?a=%2f", Set.of("files:read", "files:write"), null));
	}

	@Test
	void requestWhenBuiltTwiceSharesNoSecret() {
		Set<Secret> secrets = new HashSet<>();
		for (int i = 0; i < 100; i++) {
			AuthorizationRequest request = request(metadata("https://as.example.com/authorize"), null);
			secrets.add(request.state());
			secrets.add(request.codeVerifier());
			// 128 bits in base64
			assertThat(request.state().reveal()).hasSizeGreaterThanOrEqualTo(22);
			assertThat(request.codeVerifier().reveal()).hasSizeGreaterThanOrEqualTo(43);
			assertThat(request).asString()
				.doesNotContain(request.state().reveal())
				.doesNotContain(request.codeVerifier().reveal());
		}
		assertThat(secrets).hasSize(200);
	}

	@Test
	void requestWhenThereIsNeitherScopeNorResourceLeavesThemOut() {
		AuthorizationRequest request = request(metadata("https://as.example.com/authorize"), null);
		assertThat(parameters(request.uri())).doesNotContainKeys("scope", "resource");
	}

	@ParameterizedTest
	@DisplayName("F16 the resource goes along byte for byte")
	@ValueSource(strings = { "http://localhost:1", "http://localhost:1/", "https://mcp.example.com/mcp/",
			"HTTPS://MCP.example.com/mcp", "https://mcp.example.com/a%2fb/%C3%A4?q=1&r=%20+x" })
	void requestWhenThereIsAResourceSendsItByteForByte(String resource) {
		AuthorizationRequest request = request(metadata("https://as.example.com/authorize"), resource);
		assertThat(parameters(request.uri())).containsEntry("resource", List.of(resource));
		assertThat(request.audience().resource()).isEqualTo(resource);
	}

	@Test
	void requestWhenEndpointHasAQueryKeepsItButForWhatIsOurs() {
		AuthorizationRequest request = request(
				metadata("https://as.example.com/authorize?tenant=a%2Fb&state=theirs&x&client_id=theirs&scope=all"),
				null);
		assertThat(request.uri().toString()).startsWith("https://as.example.com/authorize?tenant=a%2Fb&x&");
		assertThat(parameters(request.uri())).containsEntry("state", List.of(request.state().reveal()))
			.containsEntry("client_id", List.of("the client"))
			.doesNotContainKey("scope");
	}

	@Test
	void requestWhenSettingsAddParametersSendsThem() {
		Map<String, String> added = Map.of("prompt", "consent", "audience", "https://api/?a=b&c");
		AuthorizationRequest request = this.endpoint.request(
				server(OAuthSettings.builder().authorizeParameters(added).build()),
				metadata("https://as.example.com/authorize?prompt=none"), "the client", REDIRECT_URI, audience(null));
		assertThat(parameters(request.uri())).containsEntry("prompt", List.of("consent"))
			.containsEntry("audience", List.of("https://api/?a=b&c"));
	}

	@Test
	void requestWhenThereIsAKeySendsItsThumbprint() {
		DPoPKey key = DPoPKey.generate("ES256", Clock.systemUTC());
		AuthorizationRequest request = this.endpoint.request(server(OAuthSettings.defaults()),
				metadata("https://as.example.com/authorize"), "the client", REDIRECT_URI, audience(key));
		assertThat(parameters(request.uri())).containsEntry("dpop_jkt", List.of(key.thumbprint()));
		assertThat(request.audience().dpopKey()).isSameAs(key);
		assertThat(request.toString()).doesNotContain("\"kty\"");
		assertThat(request.audience().toString()).doesNotContain("\"kty\"");
	}

	@ParameterizedTest
	@ValueSource(strings = { "state", "client_id", "redirect_uri", "response_type", "scope", "resource",
			"code_challenge", "code_challenge_method", "request", "request_uri", "response_mode", "dpop_jkt" })
	void requestWhenSettingsAddAParameterOfTheProtocolIsUnusable(String name) {
		OAuthSettings settings = OAuthSettings.builder().authorizeParameters(Map.of(name, "mine")).build();
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> this.endpoint.request(server(settings), metadata("https://as.example.com/authorize"),
					"the client", REDIRECT_URI, audience(null)))
			.withMessageContaining("'" + name + "'");
	}

	@ParameterizedTest
	@DisplayName("Law 15 a user is not sent to an address that the policy refuses")
	@ValueSource(strings = { "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x",
			"http://as.example.com/authorize", "https://user@as.example.com/authorize",
			"http://127.0.0.1:8080/authorize", "https://192.168.0.1/authorize", "https://as.example.com/authorize#x" })
	void requestWhenEndpointIsNotAcceptableIsUnusable(String url) {
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> request(metadata(url), null))
			.withMessageStartingWith("The authorization endpoint '" + url + "'");
	}

	@Test
	void requestWhenAnEndpointIsMissingIsUnusable() {
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> request(new AuthorizationServerMetadata(Map.of("issuer", "https://as.example.com",
					"token_endpoint", "https://as.example.com/token", "authorization_endpoint", "not an address")),
					null))
			.withMessageContaining("does not say where its authorization endpoint is");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new AuthorizationServerMetadata(Map.of("issuer", "https://as.example.com",
					"authorization_endpoint", "https://as.example.com/authorize")))
			.withMessageContaining("token endpoint");
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://agent.example.com/callback", "myapp:/callback", "/callback" })
	void requestWhenRedirectUriIsNeitherHttpsNorLoopbackIsUnusable(String redirectUri) {
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> this.endpoint.request(server(OAuthSettings.defaults()),
					metadata("https://as.example.com/a"), "the client", URI.create(redirectUri), audience(null)))
			.withMessageStartingWith("The redirect URI '" + redirectUri + "'");
	}

	private AuthorizationRequest request(AuthorizationServerMetadata metadata, @Nullable String resource,
			String... scopes) {
		return this.endpoint.request(server(OAuthSettings.defaults()), metadata, "the client", REDIRECT_URI,
				TokenAudience.of(metadata, resource, new LinkedHashSet<>(List.of(scopes)), null));
	}

	private static TokenAudience audience(@Nullable DPoPKey key) {
		return TokenAudience.of(metadata("https://as.example.com/authorize"), null, Set.of(), key);
	}

	private static AuthorizationServerMetadata metadata(String authorizationEndpoint) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("issuer", "https://as.example.com");
		members.put("authorization_endpoint", authorizationEndpoint);
		members.put("token_endpoint", "https://as.example.com/token");
		return new AuthorizationServerMetadata(members);
	}

	private static McpServer server(OAuthSettings settings) {
		return new McpServer("github", URI.create("https://mcp.example.com/mcp"), settings);
	}

	private static Map<String, List<String>> parameters(URI uri) {
		return URLUtils.parseParameters(uri.getRawQuery());
	}

}
