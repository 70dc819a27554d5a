// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.mcpoauth.internal.protocol.LoopbackClients.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link ClientRegistrationEndpoint} and {@link Registration}.
 */
class ClientRegistrationEndpointTests {

	private static final String ISSUER = "https://as.example.com";

	private static final McpServer SERVER = McpServer.of("github", URI.create("http://localhost:1/mcp"));

	private final TestHttpServer web = TestHttpServer.start();

	private final ClientRegistrationEndpoint endpoint = new ClientRegistrationEndpoint(new LoopbackClients(),
			ProtocolSettings.defaults(), TestClock.fixed());

	@AfterEach
	void stop() {
		this.web.close();
	}

	@Test
	void registerWhenRedirectIsOnLoopbackRegistersANativeApplication() {
		answer(201, """
				{"client_id": "c1", "client_id_issued_at": 1, "redirect_uris": ["http://127.0.0.1:4711/callback"],
				 "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "scope": "a"}""");
		OAuthClient client = register(registration("http://127.0.0.1:4711/callback", "none", "a", "b"));
		assertThat(client).isEqualTo(OAuthClient.with("c1", OAuthClient.Origin.REGISTERED)
			.authMethod("none")
			.issuer(ISSUER)
			.redirectUris(Set.of("http://127.0.0.1:4711/callback"))
			.scope(Set.of("a"))
			.additional(Map.of("client_id_issued_at", 1, "grant_types", List.of("authorization_code")))
			.build());
		Request request = this.web.requests().get(0);
		assertThat(request.method()).isEqualTo("POST");
		assertThat(request.header("Content-Type")).isEqualTo("application/json");
		assertThat(request.header("Authorization")).isNull();
		assertThat(request.header("User-Agent")).startsWith("mcp-oauth/");
		Map<String, Object> json = request.json();
		assertThat(json)
			.containsOnlyKeys("client_name", "redirect_uris", "application_type", "grant_types", "response_types",
					"token_endpoint_auth_method", "scope")
			.containsEntry("client_name", "MCP agent \u00e4")
			.containsEntry("redirect_uris", List.of("http://127.0.0.1:4711/callback"))
			.containsEntry("application_type", "native")
			.containsEntry("response_types", List.of("code"))
			.containsEntry("token_endpoint_auth_method", "none")
			.containsEntry("scope", "a b");
		assertThat(json.get("grant_types")).asInstanceOf(InstanceOfAssertFactories.LIST)
			.containsExactlyInAnyOrder("authorization_code", "refresh_token");
	}

	@ParameterizedTest
	@CsvSource({ "https://agent.example.com/callback, web", "http://localhost:4711/callback, native",
			"http://[::1]:4711/callback, native" })
	void registerWhenRedirectIsElsewhereSaysWhichApplicationItIs(String redirectUri, String type) {
		answer(201, "{\"client_id\": \"c1\"}");
		OAuthClient client = register(registration(redirectUri, "none"));
		assertThat(this.web.requests().get(0).json()).containsEntry("application_type", type)
			.doesNotContainKey("scope");
		assertThat(client.redirectUris()).containsExactly(redirectUri);
	}

	@Test
	void registerWhenIdentifierIsANumberTakesIt() {
		answer(201, "{\"client_id\": 12345}");
		assertThat(register(registration("http://127.0.0.1:4711/callback", "none")).clientId()).isEqualTo("12345");
	}

	@ParameterizedTest
	@DisplayName("The registration reply counts, and what it leaves out is as asked for")
	@CsvSource(nullValues = "-", delimiter = '|', quoteCharacter = '~',
			textBlock = """
					none                | 'client_id': 'c1'                                                     | none                | -
					none                | 'client_id': 'c1', 'client_secret': 's'                               | none                | s
					client_secret_basic | 'client_id': 'c1', 'client_secret': 's'                               | client_secret_basic | s
					client_secret_basic | 'client_id': 'c1'                                                     | none                | -
					client_secret_basic | 'client_id': 'c1', 'client_secret': ''                                | none                | -
					none | 'client_id': 'c1', 'client_secret': 's', 'token_endpoint_auth_method': 'client_secret_post' | client_secret_post | s
					none | 'client_id': 'c1', 'client_secret': 's', 'token_endpoint_auth_method': null                 | none               | s
					""")
	void registerWhenReplyHasSecretOrMethodTakesThem(String asked, String members, String method,
			@Nullable String secret) {
		answer(200, "{" + members.replace('\'', '"') + "}");
		OAuthClient client = register(registration("http://127.0.0.1:4711/callback", asked));
		assertThat(client.tokenEndpointAuthMethod()).isEqualTo(method);
		assertThat(client.clientSecret()).isEqualTo((secret != null) ? Secret.of(secret) : null);
	}

	@ParameterizedTest
	@DisplayName("F13 when the client's secret expires is kept, and 0 is never")
	@CsvSource({ "0, ", "1767225600, 2026-01-01T00:00:00Z", "-1, ", "null, ", "'\"never\"', ",
			"9223372036854775807, " })
	void registerWhenSecretExpiresKeepsWhen(String value, @Nullable Instant expected) {
		answer(201, "{\"client_id\": \"c1\", \"client_secret\": \"s\", \"client_secret_expires_at\": " + value + "}");
		assertThat(register(registration("http://127.0.0.1:4711/callback", "client_secret_basic")).secretExpiresAt())
			.isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "400, invalid_redirect_uri", "400, invalid_client_metadata", "401, invalid_token",
			"403, insufficient_scope", "200, invalid_redirect_uri" })
	void registerWhenRefusedIsRejected(int status, String code) {
		this.web.handle("/register", Answer.json(status,
				Map.of("error", code, "error_description", "Policy 'Trusted Hosts' rejected the request")));
		assertThat(fail()).isInstanceOfSatisfying(RefusedException.class, (ex) -> {
			assertThat(ex.errorCode()).isEqualTo(code);
			assertThat(ex.status()).isEqualTo(status);
		})
			.hasMessage("The registration endpoint '%s' answered '%s' "
					+ "('Policy \"Trusted Hosts\" rejected the request')", this.web.url("/register"), code);
	}

	@ParameterizedTest
	@DisplayName("A closed registration says what to do")
	@ValueSource(ints = { 401, 403, 404, 405 })
	void registerWhenRegistrationIsClosedSaysWhatToDo(int status) {
		this.web.handle("/register", Answer.of(status, "text/html", "<html>"));
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessage("The registration endpoint '%s' answered %d with content of type 'text/html', "
					+ "so a client has to be registered by hand", this.web.url("/register"), status);
	}

	@Test
	@DisplayName("Law 15 a redirect to a login page is not followed")
	void registerWhenRedirectedDoesNotFollow() {
		this.web.handle("/register", Answer.of(Response.redirect(this.web.url("/login").toString())));
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessageContaining("answered 302 to '" + this.web.url("/login") + "', and redirects are not followed");
		assertThat(this.web.count("/login")).isZero();
	}

	@ParameterizedTest
	@ValueSource(ints = { 429, 500, 503 })
	void registerWhenItMayPassIsUnavailable(int status) {
		this.web.handle("/register", Answer.status(status));
		assertThat(fail()).isInstanceOf(UnavailableException.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "<html>", "{}", "{\"client_id\": null}", "{\"client_id\": \"\"}",
			"{\"client_id\": [7]}", "[]" })
	void registerWhenReplyHasNoClientIdIsUnavailable(String body) {
		answer(201, body);
		assertThat(fail()).isInstanceOf(UnavailableException.class);
	}

	@Test
	void registerWhenAnswerIsLostIsUnknown() {
		this.web.handle("/register", Answer.dropped());
		assertThat(fail()).isInstanceOf(UnknownOutcomeException.class);
	}

	@Test
	@DisplayName("Law 15 nothing is sent to an address that the policy refuses")
	void registerWhenEndpointIsNotAcceptableIsUnusable() {
		assertThat(catchThrowable(() -> this.endpoint
			.register(SERVER, URI.create("http://as.example.com/register"),
					registration("http://127.0.0.1:4711/callback", "none"), ISSUER)
			.block(PATIENCE))).isInstanceOf(UnusableException.class)
			.hasMessageStartingWith("The registration endpoint 'http://as.example.com/register' is plain http");
	}

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			-,                  '',                                          none
			-,                  none client_secret_basic,                    none
			-,                  client_secret_basic client_secret_post none, none
			-,                  client_secret_post client_secret_basic,      client_secret_basic
			-,                  client_secret_post private_key_jwt,          client_secret_post
			client_secret_post, none,                                        client_secret_post
			""")
	void authMethodWhenServerListsMethodsPrefersAPublicClient(@Nullable String configured, String supported,
			String expected) {
		assertThat(Registration.authMethod(configured, metadata(supported))).isEqualTo(expected);
	}

	@Test
	void authMethodWhenServerListsOtherMethodsOnlyIsUnusable() {
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> Registration.authMethod(null, metadata("private_key_jwt tls_client_auth")))
			.withMessageContaining("'private_key_jwt, tls_client_auth' only");
	}

	private static AuthorizationServerMetadata metadata(String authMethods) {
		Map<String, Object> members = new LinkedHashMap<>(
				Map.of("issuer", ISSUER, "token_endpoint", ISSUER + "/token"));
		if (!authMethods.isEmpty()) {
			members.put("token_endpoint_auth_methods_supported", List.of(authMethods.split(" ")));
		}
		return new AuthorizationServerMetadata(members);
	}

	private OAuthClient register(Registration registration) {
		return this.endpoint.register(SERVER, this.web.url("/register"), registration, ISSUER)
			.blockOptional(PATIENCE)
			.orElseThrow();
	}

	private Throwable fail() {
		return catchThrowable(() -> register(registration("http://127.0.0.1:4711/callback", "none")));
	}

	private static Registration registration(String redirectUri, String authMethod, String... scopes) {
		return new Registration("MCP agent \u00e4", URI.create(redirectUri), false,
				new LinkedHashSet<>(List.of(scopes)), authMethod, false, Set.of());
	}

	private void answer(int status, String body) {
		this.web.handle("/register", Answer.of(status, "application/json", body));
	}

}
