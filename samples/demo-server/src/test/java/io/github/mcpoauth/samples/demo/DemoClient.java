// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.modelcontextprotocol.modern.client.McpClient;
import io.modelcontextprotocol.modern.client.McpSyncClient;
import io.modelcontextprotocol.modern.client.transport.HttpClientMcpTransport;
import io.modelcontextprotocol.modern.client.transport.McpHttpRequestCustomizer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An OAuth and MCP client of the plainest kind.
 */
final class DemoClient {

	static final String INITIALIZE = """
			{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",
			"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""";

	private static final JsonMapper JSON = new JsonMapper();

	private static final String REDIRECT_URI = "http://127.0.0.1:45454/callback";

	private static final String VERIFIER = "a-code-verifier-that-is-long-enough-for-rfc-7636";

	private final HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

	private final URI server;

	private String clientId = "";

	private String clientSecret = "";

	DemoClient(URI server) {
		this.server = server;
	}

	DemoClient register() throws Exception {
		HttpResponse<String> response = send(request("/oauth2/register").header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString("""
					{"redirect_uris":["%s"],"client_name":"test","grant_types":["authorization_code","refresh_token",
					"urn:ietf:params:oauth:grant-type:device_code"],
					"token_endpoint_auth_method":"none","scope":"mcp:tools offline_access"}"""
				.formatted(REDIRECT_URI))));
		JsonNode registration = read(response);
		this.clientId = registration.path("client_id").asString();
		this.clientSecret = registration.path("client_secret").asString();
		return this;
	}

	JsonNode logIn() throws Exception {
		return read(logIn(this.server + "/mcp"));
	}

	HttpResponse<String> logIn(String resource) throws Exception {
		return exchange(authorize(resource));
	}

	HttpResponse<String> authorize(String resource) throws Exception {
		String challenge = Base64.getUrlEncoder()
			.withoutPadding()
			.encodeToString(MessageDigest.getInstance("SHA-256").digest(VERIFIER.getBytes(StandardCharsets.US_ASCII)));
		Map<String, String> parameters = new LinkedHashMap<>();
		parameters.put("response_type", "code");
		parameters.put("client_id", this.clientId);
		parameters.put("redirect_uri", REDIRECT_URI);
		parameters.put("scope", "mcp:tools offline_access");
		parameters.put("state", "xyz");
		parameters.put("code_challenge", challenge);
		parameters.put("code_challenge_method", "S256");
		parameters.put("resource", resource);
		return send(request("/oauth2/authorize?" + form(parameters)).header("Accept", "text/html").GET());
	}

	/** Log in on the page that the last authorization request led to. */
	HttpResponse<String> submitLogin(String user, String password) throws Exception {
		String page = send(request("/login").header("Accept", "text/html").GET()).body();
		HttpResponse<String> back = send(
				form(request("/login"), Map.of("username", user, "password", password, "_csrf", field(page, "_csrf"))));
		return send(HttpRequest.newBuilder(URI.create(back.headers().firstValue("Location").orElseThrow()))
			.header("Accept", "text/html")
			.timeout(Duration.ofSeconds(30)));
	}

	HttpResponse<String> consent(HttpResponse<String> page) throws Exception {
		HttpRequest.Builder request = request("/oauth2/authorize").header("Content-Type",
				"application/x-www-form-urlencoded");
		String body = form(Map.of("client_id", this.clientId, "state", field(page.body(), "state")))
				+ "&scope=mcp%3Atools&scope=offline_access";
		return exchange(send(request.POST(BodyPublishers.ofString(body))));
	}

	private HttpResponse<String> exchange(HttpResponse<String> callback) throws Exception {
		String location = callback.headers().firstValue("Location").orElseThrow();
		Matcher code = Pattern.compile("[?&]code=([^&]+)").matcher(location);
		if (!code.find()) {
			throw new IllegalStateException("No code in " + location);
		}
		return token(Map.of("grant_type", "authorization_code", "code",
				URLDecoder.decode(code.group(1), StandardCharsets.UTF_8), "redirect_uri", REDIRECT_URI, "code_verifier",
				VERIFIER));
	}

	JsonNode device() throws Exception {
		return read(send(authenticated("/oauth2/device_authorization", Map.of("scope", "mcp:tools offline_access"))));
	}

	HttpResponse<String> deviceTokens(JsonNode device) throws Exception {
		return token(Map.of("grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code",
				device.path("device_code").asString()));
	}

	HttpResponse<String> verify(String userCode) throws Exception {
		return send(request("/oauth2/device_verification?user_code=" + userCode).header("Accept", "text/html").GET());
	}

	HttpResponse<String> consentToDevice(HttpResponse<String> page, String userCode) throws Exception {
		HttpRequest.Builder request = request("/oauth2/device_verification").header("Content-Type",
				"application/x-www-form-urlencoded");
		String body = form(
				Map.of("client_id", this.clientId, "state", field(page.body(), "state"), "user_code", userCode))
				+ "&scope=mcp%3Atools&scope=offline_access";
		return send(request.POST(BodyPublishers.ofString(body)));
	}

	String page(String url) throws Exception {
		return send(HttpRequest.newBuilder(this.server.resolve(url)).timeout(Duration.ofSeconds(30))).body();
	}

	HttpResponse<String> refresh(JsonNode tokens) throws Exception {
		return token(refreshParameters(tokens));
	}

	CompletableFuture<HttpResponse<String>> refreshAsync(JsonNode tokens) {
		return this.http.sendAsync(authenticated("/oauth2/token", refreshParameters(tokens)).build(),
				BodyHandlers.ofString());
	}

	private Map<String, String> refreshParameters(JsonNode tokens) {
		return Map.of("grant_type", "refresh_token", "refresh_token", tokens.path("refresh_token").asString());
	}

	HttpResponse<String> revoke(String token) throws Exception {
		return send(authenticated("/oauth2/revoke", Map.of("token", token)));
	}

	private HttpResponse<String> token(Map<String, String> parameters) throws Exception {
		return send(authenticated("/oauth2/token", parameters));
	}

	int initialize(JsonNode tokens) throws Exception {
		return mcp(tokens.path("access_token").asString(), null, INITIALIZE).statusCode();
	}

	HttpResponse<String> mcp(@Nullable String accessToken, @Nullable String session, String body) throws Exception {
		HttpRequest.Builder request = request("/mcp").header("Content-Type", "application/json")
			.header("Accept", "application/json, text/event-stream");
		if (accessToken != null) {
			request.header("Authorization", "Bearer " + accessToken);
		}
		if (session != null) {
			request.header("Mcp-Session-Id", session);
		}
		return send(request.POST(BodyPublishers.ofString(body)));
	}

	/**
	 * A client for the protocol of 2026-07-28.
	 * @param tokens the token response
	 * @return the client of the MCP library
	 */
	McpSyncClient modern(JsonNode tokens) {
		String authorization = "Bearer " + tokens.path("access_token").asString();
		return McpClient
			.sync(HttpClientMcpTransport.builder(this.server + "/mcp")
				.requestCustomizer(McpHttpRequestCustomizer
					.fromSync((request, headers, context) -> headers.set("Authorization", authorization)))
				.build())
			.build();
	}

	String call(String accessToken, String session, String tool, String arguments) throws Exception {
		String body = mcp(accessToken, session, """
				{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"%s","arguments":%s}}""".formatted(tool,
				arguments))
			.body();
		String message = body.lines()
			.filter((line) -> line.startsWith("data:"))
			.map((line) -> line.substring("data:".length()))
			.collect(Collectors.joining());
		return JSON.readTree(message).path("result").path("content").path(0).path("text").asString();
	}

	JsonNode get(String url) throws Exception {
		return read(send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30))));
	}

	HttpResponse<String> post(String path) throws Exception {
		return send(request(path).POST(BodyPublishers.noBody()));
	}

	static JsonNode read(HttpResponse<String> response) {
		if (response.statusCode() / 100 != 2) {
			throw new IllegalStateException(response + ": " + response.body());
		}
		return JSON.readTree(response.body());
	}

	private HttpRequest.Builder authenticated(String path, Map<String, String> parameters) {
		String credentials = this.clientId + ":" + this.clientSecret;
		return form(request(path), parameters).header("Authorization",
				"Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.US_ASCII)));
	}

	private HttpRequest.Builder request(String pathAndQuery) {
		return HttpRequest.newBuilder(URI.create(this.server + pathAndQuery)).timeout(Duration.ofSeconds(30));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

	private static HttpRequest.Builder form(HttpRequest.Builder request, Map<String, String> parameters) {
		return request.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(BodyPublishers.ofString(form(parameters)));
	}

	private static String form(Map<String, String> parameters) {
		return parameters.entrySet()
			.stream()
			.map((entry) -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
			.collect(Collectors.joining("&"));
	}

	private static String field(String page, String name) {
		Matcher field = Pattern.compile("name=\"" + name + "\"[^>]*value=\"([^\"]*)\"").matcher(page);
		if (!field.find()) {
			throw new IllegalStateException("No field " + name + " in " + page);
		}
		return field.group(1);
	}

}
