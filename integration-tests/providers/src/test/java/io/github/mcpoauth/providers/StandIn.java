// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An MCP server and its authorization server on one port of 127.0.0.1, which behave as
 * the specifications say. A vendor's stand-in overrides the replies in which the vendor
 * differs.
 */
abstract class StandIn implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final DisposableServer server;

	private final AtomicInteger counter = new AtomicInteger();

	private final AtomicInteger refreshes = new AtomicInteger();

	private final AtomicInteger registrations = new AtomicInteger();

	private final Set<String> codes = ConcurrentHashMap.newKeySet();

	private final Set<String> accessTokens = ConcurrentHashMap.newKeySet();

	private final Set<String> refreshTokens = ConcurrentHashMap.newKeySet();

	private final Set<String> used = ConcurrentHashMap.newKeySet();

	StandIn() {
		this.server = HttpServer.create().host("127.0.0.1").port(0).handle(this::serve).bindNow(PATIENCE);
	}

	/**
	 * Name of the vendor, for the table of results.
	 */
	abstract String vendor();

	/**
	 * Path and query of the MCP endpoint, as a user would configure them.
	 */
	String endpoint() {
		return "/mcp";
	}

	/**
	 * The address that a user configures.
	 */
	URI configuredUrl() {
		return url();
	}

	/**
	 * Settings below {@code mcp.servers.demo}, as {@code name=value}.
	 */
	List<String> settings() {
		return List.of();
	}

	/**
	 * Settings that the user adds because the first login fails and its message names
	 * them.
	 */
	List<String> advisedSettings() {
		return List.of();
	}

	/**
	 * How often the user opens the login page until the login ends.
	 */
	int visits() {
		return 1;
	}

	/**
	 * The events with which a request is answered, {@code null} for a usual reply.
	 * @param call the request
	 */
	@Nullable Flux<String> events(Call call) {
		return null;
	}

	/**
	 * A reply that comes before all others, {@code null} for the usual one.
	 * @param call the request
	 */
	@Nullable Reply before(Call call) {
		return null;
	}

	/**
	 * The answer to a request without a valid token.
	 * @param call the request
	 */
	Reply unauthorized(Call call) {
		return Reply.json(401, Map.of("error", "invalid_token"))
			.header("WWW-Authenticate", "Bearer resource_metadata=\"%s\""
				.formatted(base().resolve("/.well-known/oauth-protected-resource")));
	}

	Reply resourceMetadata() {
		return Reply.json(200, Map.of("resource", url().toString(), "authorization_servers", List.of(issuer())));
	}

	String issuer() {
		return base().toString();
	}

	Map<String, Object> metadata() {
		Map<String, Object> metadata = new LinkedHashMap<>();
		metadata.put("issuer", issuer());
		metadata.put("authorization_endpoint", base() + "/authorize");
		metadata.put("token_endpoint", base() + "/token");
		metadata.put("registration_endpoint", base() + "/register");
		metadata.put("response_types_supported", List.of("code"));
		metadata.put("grant_types_supported", List.of("authorization_code", "refresh_token"));
		metadata.put("code_challenge_methods_supported", List.of("S256"));
		metadata.put("token_endpoint_auth_methods_supported", List.of("none", "client_secret_post"));
		return metadata;
	}

	Reply register(JsonNode request) {
		return Reply.json(201, Map.of("client_id", "client-" + this.counter.incrementAndGet(), "redirect_uris",
				request.path("redirect_uris"), "token_endpoint_auth_method", "none"));
	}

	/**
	 * The reply to the user's browser.
	 * @param parameters the authorization request
	 */
	Reply authorize(Map<String, String> parameters) {
		String code = "code-" + this.counter.incrementAndGet();
		this.codes.add(code);
		return Reply.redirect(302,
				URI.create(parameters.get("redirect_uri") + "?code=" + code + "&state=" + parameters.get("state")));
	}

	/**
	 * An error with which a token request is refused before its grant is looked at,
	 * {@code null} for none.
	 * @param call the request
	 */
	@Nullable Reply refuse(Call call) {
		return null;
	}

	Reply granted(String accessToken, String refreshToken) {
		return Reply.json(200, Map.of("access_token", accessToken, "token_type", "Bearer", "expires_in", 3600,
				"refresh_token", refreshToken));
	}

	/**
	 * The refusal of a refresh token that was revoked.
	 */
	Reply refused() {
		return Reply.json(400, Map.of("error", "invalid_grant", "error_description", "The refresh token was revoked"));
	}

	/**
	 * Whether the first refusal of a revoked refresh token says so in a way that can be
	 * understood. If not, the product must go on trying for a while.
	 */
	boolean refusesClearly() {
		return true;
	}

	/**
	 * The vendor's words in a refusal that is not clear.
	 */
	String refusal() {
		return "";
	}

	/**
	 * Whether a refresh token can be used once only.
	 */
	boolean rotates() {
		return true;
	}

	final URI base() {
		return URI.create("http://127.0.0.1:" + this.server.port());
	}

	final URI url() {
		return URI.create(base() + endpoint());
	}

	final int refreshes() {
		return this.refreshes.get();
	}

	final int registrations() {
		return this.registrations.get();
	}

	/**
	 * The headers of the requests that were accepted.
	 */
	final Set<String> accepted() {
		return Set.copyOf(this.used);
	}

	final void expireAccessTokens() {
		this.accessTokens.clear();
	}

	final void revoke() {
		this.accessTokens.clear();
		this.refreshTokens.clear();
	}

	final boolean isAuthorized(Call call) {
		String header = call.header("Authorization");
		if (header == null || !header.startsWith("Bearer ") || !this.accessTokens.contains(header.substring(7))) {
			return false;
		}
		this.used.add(header);
		return true;
	}

	private Mono<Void> serve(HttpServerRequest request, HttpServerResponse response) {
		return Call.of(request).flatMap((call) -> {
			Flux<String> events = events(call);
			if (events != null) {
				return response.sse().sendString(events).then();
			}
			Reply reply = reply(call);
			response.status(reply.status());
			reply.headers().forEach(response::header);
			byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
			return (body.length > 0) ? response.sendByteArray(Mono.just(body)).then() : response.sendHeaders().then();
		});
	}

	private Reply reply(Call call) {
		Reply first = before(call);
		if (first != null) {
			return first;
		}
		String path = call.uri().getPath();
		if (call.uri().toString().equals(endpoint())) {
			return mcp(call);
		}
		if (path.startsWith("/.well-known/oauth-protected-resource")) {
			return resourceMetadata();
		}
		return switch (path) {
			case "/.well-known/oauth-authorization-server" -> Reply.json(200, metadata());
			case "/register" -> {
				this.registrations.incrementAndGet();
				yield register(call.json());
			}
			case "/authorize" -> authorize(Call.form(call.uri().getRawQuery()));
			case "/token" -> token(call);
			default -> Reply.text(404, "text/html", "<html>Not found</html>");
		};
	}

	private Reply token(Call call) {
		Map<String, String> form = Call.form(call.body());
		boolean refresh = "refresh_token".equals(form.get("grant_type"));
		if (refresh) {
			this.refreshes.incrementAndGet();
		}
		Reply refusal = refuse(call);
		if (refusal != null) {
			return refusal;
		}
		boolean known = refresh ? use(form.getOrDefault("refresh_token", ""))
				: this.codes.remove(form.getOrDefault("code", ""));
		if (!known) {
			return refused();
		}
		String access = "access-" + this.counter.incrementAndGet();
		String next = "refresh-" + this.counter.incrementAndGet();
		this.accessTokens.add(access);
		this.refreshTokens.add(next);
		return granted(access, next);
	}

	private boolean use(String refreshToken) {
		return rotates() ? this.refreshTokens.remove(refreshToken) : this.refreshTokens.contains(refreshToken);
	}

	/**
	 * The reply of the MCP endpoint.
	 * @param call the request
	 */
	final Reply mcp(Call call) {
		if (!isAuthorized(call)) {
			return unauthorized(call);
		}
		if (!"POST".equals(call.method())) {
			return Reply.empty(405);
		}
		JsonNode message = call.json();
		if (!message.has("id")) {
			return Reply.empty(202);
		}
		JsonNode params = message.path("params");
		Object result = switch (message.path("method").asString("")) {
			case "initialize" -> Map.of("protocolVersion", params.path("protocolVersion"), "capabilities",
					Map.of("tools", Map.of()), "serverInfo", Map.of("name", vendor(), "version", "1"));
			case "tools/list" ->
				Map.of("tools", List.of(Map.of("name", "echo", "inputSchema", Map.of("type", "object"))));
			case "tools/call" -> Map.of("content",
					List.of(Map.of("type", "text", "text", params.path("arguments").path("message").asString(""))));
			default -> Map.of();
		};
		return Reply.json(200, Map.of("jsonrpc", "2.0", "id", message.path("id"), "result", result));
	}

	@Override
	public void close() {
		this.server.disposeNow(PATIENCE);
	}

	/**
	 * A request as it arrived.
	 *
	 * @param method the method
	 * @param uri path and query, as they were sent
	 * @param headers the headers
	 * @param body the body
	 */
	record Call(String method, URI uri, HttpHeaders headers, String body) {

		private static Mono<Call> of(HttpServerRequest request) {
			return request.receive()
				.aggregate()
				.asString(StandardCharsets.UTF_8)
				.defaultIfEmpty("")
				.map((body) -> new Call(request.method().name(), URI.create(request.uri()), request.requestHeaders(),
						body));
		}

		@Nullable String header(String name) {
			return this.headers.get(name);
		}

		JsonNode json() {
			return JsonMapper.shared().readTree(this.body);
		}

		static Map<String, String> form(@Nullable String text) {
			Map<String, String> form = new LinkedHashMap<>();
			for (String pair : Objects.requireNonNullElse(text, "").split("&")) {
				int equals = pair.indexOf('=');
				if (equals > 0) {
					form.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
				}
			}
			return form;
		}

		private static String decode(String text) {
			return URLDecoder.decode(text, StandardCharsets.UTF_8);
		}

	}

}
