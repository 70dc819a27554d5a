// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;

/**
 * A small MCP server over real HTTP whose endpoint is protected by a
 * {@link TestAuthorizationServer}: protected resource metadata, a challenge for every
 * request without a good token, and JSON-RPC answers for {@code initialize},
 * {@code tools/list} and {@code tools/call} of one tool {@code echo}.
 */
public final class TestMcpServer implements AutoCloseable {

	/**
	 * Path of the MCP endpoint.
	 */
	public static final String MCP = "/mcp";

	/**
	 * Path of the protected resource metadata.
	 */
	public static final String METADATA = "/.well-known/oauth-protected-resource/mcp";

	private final TestHttpServer http = TestHttpServer.start();

	private final TestAuthorizationServer authorizationServer;

	private final Map<String, Object> metadata = new LinkedHashMap<>();

	private final AtomicInteger unauthorized = new AtomicInteger();

	private volatile boolean anonymousInitialize;

	private volatile @Nullable String challenge;

	private volatile @Nullable ProofVerifier proofs;

	private volatile @Nullable URI behind;

	private TestMcpServer(TestAuthorizationServer authorizationServer) {
		this.authorizationServer = authorizationServer;
		this.metadata.put("resource", url().toString());
		this.metadata.put("authorization_servers", List.of(authorizationServer.issuer()));
		this.challenge = "Bearer resource_metadata=\"" + this.http.url(METADATA) + "\"";
		this.http.handle(METADATA, (request) -> {
			synchronized (this.metadata) {
				return Response.json(200, this.metadata);
			}
		});
		this.http.handle(MCP, this::mcp);
	}

	/**
	 * Start a server on a free port of 127.0.0.1.
	 */
	public static TestMcpServer start(TestAuthorizationServer authorizationServer) {
		return new TestMcpServer(authorizationServer);
	}

	/**
	 * The server below: recorded requests, scripted answers, holds.
	 */
	public TestHttpServer http() {
		return this.http;
	}

	/**
	 * Address of the MCP endpoint.
	 */
	public URI url() {
		return this.http.url(MCP);
	}

	/**
	 * Change the protected resource metadata.
	 */
	public TestMcpServer metadata(Consumer<Map<String, Object>> change) {
		synchronized (this.metadata) {
			change.accept(this.metadata);
		}
		return this;
	}

	/**
	 * The {@code WWW-Authenticate} header of a 401, {@code null} for none.
	 */
	public TestMcpServer challenge(@Nullable String value) {
		this.challenge = value;
		return this;
	}

	/**
	 * Whether {@code initialize} is answered without a token.
	 */
	public TestMcpServer anonymousInitialize(boolean allowed) {
		this.anonymousInitialize = allowed;
		return this;
	}

	/**
	 * Accept tokens only that are bound to a key, and ask for them (RFC 9449, section 7).
	 */
	public ProofVerifier dpop(Clock clock) {
		ProofVerifier verifier = new ProofVerifier(clock);
		this.proofs = verifier;
		this.challenge = "DPoP algs=\"ES256\", resource_metadata=\"" + this.http.url(METADATA) + "\"";
		return verifier;
	}

	/**
	 * Pass on requests with a good token to another server, which needs none.
	 */
	public TestMcpServer inFrontOf(URI server) {
		this.behind = server;
		return this;
	}

	/**
	 * How many requests were answered with 401.
	 */
	public int unauthorized() {
		return this.unauthorized.get();
	}

	@Override
	public void close() {
		this.http.close();
	}

	private Response mcp(Request request) {
		ProofVerifier verifier = this.proofs;
		String token = token(request, (verifier != null) ? "DPoP " : "Bearer ");
		if (verifier == null) {
			boolean bound = this.authorizationServer.boundTo(token) != null;
			return mcp(request, bound ? null : token);
		}
		if (token == null || !this.authorizationServer.isActive(token)) {
			return verifier.stamp(mcp(request, null));
		}
		ProofVerifier.Result result = verifier.verify(request, url(), token);
		boolean sameKey = result.proof() != null
				&& result.proof().thumbprint().equals(this.authorizationServer.boundTo(token));
		if (!sameKey) {
			this.unauthorized.incrementAndGet();
			String error = Objects.requireNonNullElse(result.error(), "invalid_token");
			Response refusal = Response.json(401, Map.of("error", error, "reason", result.reason()));
			return verifier
				.stamp(refusal.header("WWW-Authenticate", "DPoP error=\"%s\", algs=\"ES256\"".formatted(error)));
		}
		return verifier.stamp(mcp(request, token));
	}

	private static @Nullable String token(Request request, String scheme) {
		String authorization = request.header("Authorization");
		return (authorization != null && authorization.startsWith(scheme)) ? authorization.substring(scheme.length())
				: null;
	}

	private Response mcp(Request request, @Nullable String token) {
		Map<String, Object> message = "POST".equals(request.method()) ? request.json() : Map.of();
		boolean anonymous = this.anonymousInitialize && "initialize".equals(message.get("method"));
		if (!anonymous && !this.authorizationServer.isActive(token)) {
			this.unauthorized.incrementAndGet();
			Response refusal = Response.json(401, Map.of("error", "invalid_token"));
			String value = this.challenge;
			return (value != null) ? refusal.header("WWW-Authenticate", value) : refusal;
		}
		URI server = this.behind;
		if (server != null) {
			return passOn(request, server);
		}
		if (!"POST".equals(request.method())) {
			return new Response("DELETE".equals(request.method()) ? 204 : 405, Map.of(), "", Response.Kind.COMPLETE);
		}
		if (message.get("id") == null) {
			return new Response(202, Map.of(), "", Response.Kind.COMPLETE);
		}
		return reply(message);
	}

	private static Response passOn(Request request, URI server) {
		HttpRequest.Builder onward = HttpRequest.newBuilder(server)
			.method(request.method(), HttpRequest.BodyPublishers.ofString(request.body()));
		request.headers().forEach((name, values) -> {
			if (name.toLowerCase(Locale.ROOT).matches("mcp-.*|accept|content-type")) {
				values.forEach((value) -> onward.header(name, value));
			}
		});
		try {
			HttpResponse<String> answer = HttpClient.newHttpClient()
				.send(onward.build(), HttpResponse.BodyHandlers.ofString());
			return Response.of(answer.statusCode(), answer.headers().firstValue("Content-Type").orElse("text/plain"),
					answer.body());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private Response reply(Map<String, Object> message) {
		String method = String.valueOf(message.get("method"));
		Object id = Objects.requireNonNull(message.get("id"));
		return switch (method) {
			case "initialize" ->
				result(id, Map.of("protocolVersion", "2025-06-18", "capabilities", Map.of("tools", Map.of()),
						"serverInfo", Map.of("name", "test", "version", "1")))
					.header("Mcp-Session-Id", "session-1");
			case "tools/list" -> result(id, Map.of("tools",
					List.of(Map.of("name", "echo", "description", "Echoes", "inputSchema", Map.of("type", "object")))));
			case "tools/call" -> result(id, Map.of("content", List.of(Map.of("type", "text", "text", "echo"))));
			default -> Response.json(200,
					Map.of("jsonrpc", "2.0", "id", id, "error", Map.of("code", -32601, "message", "Method not found")));
		};
	}

	private static Response result(Object id, Map<String, ?> result) {
		return Response.json(200, Map.of("jsonrpc", "2.0", "id", id, "result", result));
	}

}
