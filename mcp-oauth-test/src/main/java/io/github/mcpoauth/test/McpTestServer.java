// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

import io.github.mcpoauth.test.AuthorizationEndpoints.Owner;
import io.github.mcpoauth.test.LoopbackHttp.Reply;
import io.github.mcpoauth.test.LoopbackHttp.Request;
import org.assertj.core.api.AssertProvider;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * An MCP server on a random port of the loopback interface, together with the
 * authorization server that protects it. It speaks streamable HTTP, so the application
 * under test does all that it does with a real server: discovery, registration, login,
 * refresh, and recovery of a 401.
 * <p>
 * A test gives it {@link #tool tools}, makes it fail, and asserts on what it received:
 * {@code assertThat(server).receivedTokenOf("alice")}. After each test method it is as
 * new. Safe for several threads.
 */
public final class McpTestServer implements AssertProvider<McpTestServerAssert> {

	private static final String PATH = "/mcp";

	private static final String METADATA = "/.well-known/oauth-protected-resource";

	private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {
	};

	private final LoopbackHttp http;

	private final AuthorizationEndpoints authorization;

	private final Map<String, Function<Map<String, Object>, Map<String, Object>>> tools = new ConcurrentHashMap<>();

	private final List<ReceivedRequest> requests = new CopyOnWriteArrayList<>();

	private final String name;

	private final boolean open;

	private volatile @Nullable Reply failure;

	private volatile @Nullable String requiredScope;

	/**
	 * Start a server.
	 * @param name name of the server
	 * @param open whether requests need no token, as for a server with OAuth off
	 */
	McpTestServer(String name, boolean open) {
		this.name = name;
		this.open = open;
		this.http = new LoopbackHttp(name);
		this.authorization = new AuthorizationEndpoints(this.http);
		this.http.handle(PATH, this::mcp);
		this.http.handle(METADATA, (request) -> Reply.json(200, Map.of("resource", url(), "authorization_servers",
				List.of(issuer()), "dpop_bound_access_tokens_required", this.authorization.bindsTokens())));
	}

	/**
	 * The name of the server.
	 * @return its name in {@code mcp.servers}
	 */
	public String name() {
		return this.name;
	}

	/**
	 * The MCP endpoint, which replaces the configured URL.
	 * @return its URL
	 */
	public URI url() {
		return this.http.url(PATH);
	}

	/**
	 * The authorization server.
	 * @return its issuer identifier
	 */
	public String issuer() {
		return this.authorization.issuer();
	}

	/**
	 * Offer a tool that always answers the same.
	 * @param tool name of the tool
	 * @param text the text of its result
	 * @return this server
	 */
	public McpTestServer tool(String tool, String text) {
		return tool(tool, (arguments) -> text);
	}

	/**
	 * Offer a tool.
	 * @param tool name of the tool
	 * @param answer gives the text of its result, from the arguments of the call. It may
	 * block, and an exception is answered with 500
	 * @return this server
	 */
	public McpTestServer tool(String tool, Function<Map<String, Object>, String> answer) {
		this.tools.put(tool, (arguments) -> result(answer.apply(arguments), false));
		return this;
	}

	/**
	 * Offer a tool that fails: its results have {@code isError}.
	 * @param tool name of the tool
	 * @param text the text of its result
	 * @return this server
	 */
	public McpTestServer failingTool(String tool, String text) {
		this.tools.put(tool, (arguments) -> result(text, true));
		return this;
	}

	/**
	 * Answer every MCP request with an HTTP status, with a token or without.
	 * @param status for example 503
	 * @return this server
	 */
	public McpTestServer failRequests(int status) {
		this.failure = Reply.of(status);
		return this;
	}

	/**
	 * Answer every token request with an HTTP status, as an authorization server that is
	 * down. Stored logins are kept.
	 * @param status for example 503
	 * @return this server
	 */
	public McpTestServer failTokenRequests(int status) {
		this.authorization.fail(Reply.of(status));
		return this;
	}

	/**
	 * Refuse every token request (RFC 6749, section 5.2).
	 * @param error for example {@code invalid_grant} or {@code invalid_client}
	 * @return this server
	 */
	public McpTestServer refuseTokenRequests(String error) {
		this.authorization.fail(AuthorizationEndpoints.error(error));
		return this;
	}

	/**
	 * Reject all access tokens that were issued so far with a 401. Refresh tokens work,
	 * so the application is expected to recover.
	 * @return this server
	 */
	public McpTestServer rejectAccessTokens() {
		this.authorization.rejectAccessTokens();
		return this;
	}

	/**
	 * Make all tokens worthless that were issued so far. The application learns with its
	 * next request that a login is required.
	 * @return this server
	 */
	public McpTestServer revokeGrants() {
		this.authorization.revokeGrants();
		return this;
	}

	/**
	 * Reject tokens without a scope with a 403 that asks for it (RFC 6750, section 3.1).
	 * @param scope the scope
	 * @return this server
	 */
	public McpTestServer requireScope(String scope) {
		this.requiredScope = scope;
		return this;
	}

	/**
	 * Set the lifetime of access tokens that are issued from now on, one hour by default.
	 * @param lifetime at least one second
	 * @return this server
	 */
	public McpTestServer accessTokenLifetime(Duration lifetime) {
		this.authorization.lifetime(lifetime);
		return this;
	}

	/**
	 * Offer the login with a device code (RFC 8628). It waits until the test
	 * {@linkplain #confirmDeviceLogin confirms} or {@linkplain #denyDeviceLogin denies}
	 * it.
	 * @return this server
	 */
	public McpTestServer offerDeviceLogin() {
		this.authorization.offerDeviceLogin();
		return this;
	}

	/**
	 * Confirm a login with a device code, as a user does at the verification address.
	 * @param userCode the code that the application shows
	 * @param principal the user, {@code null} for the application itself
	 * @return this server
	 */
	public McpTestServer confirmDeviceLogin(String userCode, @Nullable String principal) {
		this.authorization.decide(userCode, principal, true);
		return this;
	}

	/**
	 * Deny a login with a device code.
	 * @param userCode the code that the application shows
	 * @return this server
	 */
	public McpTestServer denyDeviceLogin(String userCode) {
		this.authorization.decide(userCode, null, false);
		return this;
	}

	/**
	 * Bind the tokens of later logins to a key (DPoP, RFC 9449), and take them only with
	 * a proof of that key. Signatures are not checked.
	 * @return this server
	 */
	public McpTestServer requireDPoP() {
		this.authorization.bindTokens();
		return this;
	}

	/**
	 * Refuse token requests of every other client with {@code invalid_client}. Without
	 * this, the credentials of clients are not checked.
	 * @param id client identifier
	 * @param secret client secret
	 * @return this server
	 */
	public McpTestServer requireClient(String id, String secret) {
		this.authorization.requireClient(id, secret);
		return this;
	}

	/**
	 * The requests to the MCP endpoint since the test began, handshakes included.
	 * @return a copy, in the order of arrival
	 */
	public List<ReceivedRequest> requests() {
		return List.copyOf(this.requests);
	}

	/**
	 * The requests to the token endpoint since the test began, logins included.
	 * @return a copy, in the order of arrival
	 */
	public List<TokenRequest> tokenRequests() {
		return List.copyOf(this.authorization.tokenRequests());
	}

	@Override
	public McpTestServerAssert assertThat() {
		return new McpTestServerAssert(this);
	}

	@Override
	public String toString() {
		return "MCP test server '%s' at %s".formatted(this.name, url());
	}

	void reset() {
		this.authorization.reset();
		this.tools.clear();
		this.requests.clear();
		this.failure = null;
		this.requiredScope = null;
	}

	void forgetRequests() {
		this.requests.clear();
		this.authorization.tokenRequests().clear();
	}

	void close() {
		this.http.close();
	}

	private Reply mcp(Request request) {
		String header = request.header("Authorization");
		Owner owner = owner(request, header);
		Map<String, Object> message = request.body().isEmpty() ? Map.of()
				: JsonMapper.shared().readValue(request.body(), MEMBERS);
		Reply reply = reply(request, message, header != null, owner);
		Map<String, Object> parameters = members(message.get("params"));
		boolean call = "tools/call".equals(message.get("method"));
		this.requests.add(new ReceivedRequest(String.valueOf(message.getOrDefault("method", request.method())),
				call ? String.valueOf(parameters.get("name")) : null, members(parameters.get("arguments")),
				(owner != null) ? Token.LIVE : (header != null) ? Token.REJECTED : Token.NONE,
				(owner != null) ? owner.user() : null, reply.status()));
		return reply;
	}

	private @Nullable Owner owner(Request request, @Nullable String header) {
		String[] parts = (header != null) ? header.split(" ", 2) : new String[0];
		Owner owner = (parts.length == 2) ? this.authorization.owner(parts[1]) : null;
		boolean scheme = owner != null && parts[0].equals((owner.key() != null) ? "DPoP" : "Bearer");
		return (owner != null && scheme && Proof.fits(request, parts[1], owner)) ? owner : null;
	}

	private Reply reply(Request request, Map<String, Object> message, boolean tokenSent, @Nullable Owner owner) {
		Reply failure = this.failure;
		if (failure != null) {
			return failure;
		}
		if (owner == null && !this.open) {
			return challenge(401, tokenSent ? ", error=\"invalid_token\"" : "");
		}
		String scope = this.requiredScope;
		if (owner != null && scope != null && !owner.hasScope(scope)) {
			return challenge(403, ", error=\"insufficient_scope\", scope=\"%s\"".formatted(scope));
		}
		if (!"POST".equals(request.method())) {
			return Reply.of(405);
		}
		Object id = message.get("id");
		return (id != null) ? answer(id, message) : Reply.of(202);
	}

	private Reply challenge(int status, String error) {
		return new Reply(status,
				Map.of("WWW-Authenticate", "%s resource_metadata=\"%s\"%s".formatted(
						this.authorization.bindsTokens() ? "DPoP" : "Bearer", this.http.url(METADATA + PATH), error)),
				null);
	}

	private Reply answer(Object id, Map<String, Object> message) {
		Map<String, Object> parameters = members(message.get("params"));
		return switch (String.valueOf(message.get("method"))) {
			case "initialize" -> success(id,
					Map.of("protocolVersion", parameters.getOrDefault("protocolVersion", "2025-06-18"), "capabilities",
							Map.of("tools", Map.of()), "serverInfo", Map.of("name", this.name, "version", "test")));
			case "ping" -> success(id, Map.of());
			case "tools/list" -> success(id,
					Map.of("tools",
							this.tools.keySet()
								.stream()
								.sorted()
								.map((tool) -> Map.of("name", tool, "description", "A tool of a test", "inputSchema",
										Map.of("type", "object")))
								.toList()));
			case "tools/call" -> {
				Function<Map<String, Object>, Map<String, Object>> tool = this.tools
					.get(String.valueOf(parameters.get("name")));
				yield (tool != null) ? success(id, tool.apply(members(parameters.get("arguments"))))
						: failure(id, -32602, "Unknown tool: " + parameters.get("name"));
			}
			default -> failure(id, -32601, "Method not found");
		};
	}

	private static Reply success(Object id, Map<String, Object> result) {
		return Reply.json(200, Map.of("jsonrpc", "2.0", "id", id, "result", result));
	}

	private static Reply failure(Object id, int code, String message) {
		return Reply.json(200, Map.of("jsonrpc", "2.0", "id", id, "error", Map.of("code", code, "message", message)));
	}

	private static Map<String, Object> result(String text, boolean error) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("content", List.of(Map.of("type", "text", "text", text)));
		result.put("isError", error);
		return result;
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> members(@Nullable Object value) {
		return (value instanceof Map<?, ?> map) ? (Map<String, Object>) map : Map.of();
	}

	/**
	 * A request to the MCP endpoint.
	 *
	 * @param method the method of JSON-RPC, for example {@code tools/call}; the HTTP
	 * method of a request without a message
	 * @param tool name of the called tool, {@code null} for other methods
	 * @param arguments arguments of the call, empty if absent
	 * @param token the kind of token that the request had
	 * @param principal the user that logged in for the token, {@code null} for a token of
	 * the application itself and without a live token
	 * @param status HTTP status of the answer
	 */
	public record ReceivedRequest(String method, @Nullable String tool, Map<String, Object> arguments, Token token,
			@Nullable String principal, int status) {

	}

	/**
	 * Kinds of tokens.
	 */
	public enum Token {

		/**
		 * An access token that this server takes.
		 */
		LIVE,

		/**
		 * An access token that this server did not issue, or that is worthless by now.
		 */
		REJECTED,

		/**
		 * No {@code Authorization} header.
		 */
		NONE

	}

	/**
	 * A request to the token endpoint.
	 *
	 * @param grantType the {@code grant_type}
	 * @param outcome {@code ok}, the OAuth error code, or the HTTP status
	 */
	public record TokenRequest(String grantType, String outcome) {

	}

}
