// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.text.ForeignJson;
import io.github.mcpoauth.testing.ForeignParser;
import io.github.mcpoauth.testing.TestClock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class ProtocolParsers {

	private static final String ISSUER = "https://as.example.com";

	private static final McpServer SERVER = McpServer.of("github", URI.create("https://mcp.example.com/mcp"));

	private static final Clock CLOCK = TestClock.fixed();

	private static final AuthorizationServerMetadata METADATA = new AuthorizationServerMetadata(
			Map.of("issuer", ISSUER, "token_endpoint", ISSUER + "/token", "device_authorization_endpoint",
					ISSUER + "/device", "token_endpoint_auth_methods_supported", List.of("none")));

	private static final TokenAudience AUDIENCE = TokenAudience.of(METADATA, null, Set.of(), null);

	private static final AuthorizationRequest REQUEST = new AuthorizationRequest(URI.create(ISSUER + "/authorize"),
			Map.of(), AUDIENCE, false, URI.create("http://127.0.0.1:4711/callback"), Secret.of("state"),
			Secret.of("verifier"));

	private static final Registration REGISTRATION = new Registration("agent", REQUEST.redirectUri(), true, Set.of(),
			"none", false, Set.of());

	private ProtocolParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		UrlPolicy policy = new UrlPolicy(ProtocolSettings.defaults());
		String error = "{\"error\":\"invalid_grant\",\"error_description\":\"Token is \\u00e4 dead\"}";
		String query = "code=c%2B1&state=state&iss=https%3A%2F%2Fas.example.com";
		return List.of(exchange("token answer", (text) -> TokenResult.of(answer(200, text)).orElseThrow(), """
				{"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"r","scope":"a b"}""",
				"access_token=a&scope=a%2Cb&token_type=bearer",
				"{\"ok\":true,\"authed_user\":{\"access_token\":\"a\",\"expires_in\":\"60\"}}"),
				exchange("error answer", (text) -> TokenResult.of(answer(400, text)), error,
						"{\"errors\":[{\"error\":{\"code\":\"invalid_client\",\"message\":\"No\"}}]}",
						"error=invalid_grant&error_description=a+b", "<html><title>Sorry</title></html>"),
				exchange("answer of an overloaded server", (text) -> TokenResult.of(answer(503, text)), error),
				exchange("metadata of a resource", ProtocolParsers::resource, """
						{"resource":"https://mcp.example.com/mcp","authorization_servers":["https://as.example.com"],
						"scopes_supported":["a"],"dpop_bound_access_tokens_required":true}"""),
				new ForeignParser("metadata of an authorization server", List.of("""
						{"issuer":"https://as.example.com","token_endpoint":"https://as.example.com/token",
						"scopes_supported":"a b","code_challenge_methods_supported":["S256"],
						"authorization_response_iss_parameter_supported":"true"}"""),
						Set.of(IllegalArgumentException.class), ProtocolParsers::authorizationServer),
				exchange("registered client", ProtocolParsers::register, """
						{"client_id":"c","client_secret":"s","client_secret_expires_at":1893553445,
						"redirect_uris":["http://127.0.0.1:4711/callback"],"token_endpoint_auth_method":"none",
						"grant_types":["authorization_code"],"scope":"a b"}"""),
				exchange("device codes", ProtocolParsers::device, """
						{"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"https://as.example.com/d",
						"verification_uri_complete":"https://as.example.com/d?c=1","expires_in":600,"interval":"5"}"""),
				header("challenges", (text) -> TokenChallenges.of(List.of(text, "Bearer " + text)),
						"Bearer error=\"invalid_token\", scope=\"a \\\"b\", resource_metadata=\"https://h/.well-known\"",
						"Basic realm=a, DPoP algs=\"ES256\", Bearer"),
				header("all challenges", (text) -> Challenge.parse(List.of(text, text)),
						"Bearer error=\"invalid_token\", Negotiate dG9rZW4=="),
				header("Retry-After", (text) -> RetryAfter.parse(text, Instant.EPOCH), "120", "1.5",
						"Wed, 21 Oct 2099 07:28:00 GMT"),
				header("nonce and date", (text) -> ProofHints.of((name) -> List.of(text)), "n0nce",
						"Wed, 21 Oct 2099 07:28:00 GMT"),
				new ForeignParser("authorization response",
						List.of(query, "error=access_denied&state=state", "error=a"),
						Set.of(IllegalArgumentException.class, ExchangeException.class),
						(text) -> response(AuthorizationResponse.ofQuery(text))),
				new ForeignParser("copied authorization response",
						List.of("http://127.0.0.1:4711/callback?" + query + "#x", "?" + query, "c+1"),
						Set.of(IllegalArgumentException.class, ExchangeException.class),
						(text) -> response(AuthorizationResponse.ofPasted(text))),
				exchange("address of an endpoint", (text) -> policy.check(SERVER, "The endpoint", text),
						"https://as.example.com/token?a=b", "https://10.0.0.1/", "http://localhost:1/",
						"https://0x7f.1/"),
				new ForeignParser("stored DPoP key", List.of(DPoPKey.generate("ES256", CLOCK).toSecret().reveal()),
						Set.of(IllegalArgumentException.class), (text) -> DPoPKey.of(Secret.of(text), CLOCK)));
	}

	private static ForeignParser exchange(String name, ForeignParser.Format format, String... samples) {
		return new ForeignParser(name, List.of(samples), Set.of(ExchangeException.class), format);
	}

	private static ForeignParser header(String name, ForeignParser.Format format, String... samples) {
		return new ForeignParser(name, List.of(samples), Set.of(), format);
	}

	private static OAuthResponse answer(int status, String body) {
		return new OAuthResponse("It", status, ResponseHeaders.of(new HttpHeaders(), Instant.EPOCH),
				ResponseBody.of(body), null, Redaction.of(Secret.of("s3cret-0123456789")));
	}

	private static @Nullable Object resource(String text) {
		Map<String, Object> members = answer(200, text).document().block();
		return (members != null) ? ProtectedResourceMetadata.of("It", members) : null;
	}

	private static @Nullable Object authorizationServer(String text) {
		Map<String, Object> members = ForeignJson.object(text);
		if (members == null) {
			return null;
		}
		AuthorizationServerMetadata metadata = new AuthorizationServerMetadata(members);
		return List.of(metadata.authMethods(), metadata.revocationAuthMethods(), metadata.codeChallengeMethods(),
				metadata.scopesSupported(), metadata.isOpenIdProvider(), metadata.issParameterSupported());
	}

	private static String response(AuthorizationResponse response) {
		String error = response.errorWithoutState();
		return (error != null) ? error : response.code(REQUEST).reveal();
	}

	private static @Nullable Object register(String text) {
		return new ClientRegistrationEndpoint(clients(text), ProtocolSettings.defaults(), CLOCK)
			.register(SERVER, URI.create(ISSUER + "/register"), REGISTRATION, ISSUER)
			.block();
	}

	private static @Nullable Object device(String text) {
		OAuthClient client = OAuthClient.with("c", OAuthClient.Origin.CONFIGURED).issuer(ISSUER).build();
		return new DeviceAuthorizationEndpoint(clients(text), ProtocolSettings.defaults(), CLOCK)
			.authorize(SERVER, METADATA, client, AUDIENCE)
			.block();
	}

	/**
	 * Clients of a server that gives one answer to every request.
	 */
	private static AuthorizationWebClients clients(String body) {
		WebClient client = WebClient.builder()
			.exchangeFunction((request) -> Mono.just(ClientResponse.create(HttpStatus.OK)
				.header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
				.body(body)
				.build()))
			.build();
		return (server) -> client;
	}

}
