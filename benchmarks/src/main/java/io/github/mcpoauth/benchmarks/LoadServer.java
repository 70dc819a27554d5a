// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.ChannelOption;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

import org.springframework.web.util.UriComponentsBuilder;

/**
 * An authorization server and the servers it protects, in a process of its own. Below
 * {@code /<name>} each has an MCP endpoint, a token endpoint, and endpoints to control
 * and count it.
 */
public final class LoadServer {

	private static final String ANSWER = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}";

	private final Map<String, Guarded> servers = new ConcurrentHashMap<>();

	private LoadServer() {
	}

	/**
	 * Run until the standard input ends.
	 * @param args not used
	 * @throws Exception if it cannot start
	 */
	public static void main(String[] args) throws Exception {
		LoadServer server = new LoadServer();
		DisposableServer running = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.option(ChannelOption.SO_BACKLOG, 4096)
			.handle(server::handle)
			.bindNow();
		System.out.println("port " + running.port());
		System.in.transferTo(OutputStream.nullOutputStream());
		running.disposeNow();
	}

	private Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		String path = request.uri();
		int query = path.indexOf('?');
		String[] segments = ((query >= 0) ? path.substring(1, query) : path.substring(1)).split("/");
		if (".well-known".equals(segments[0])) {
			return json(response, 200, metadata(request, segments));
		}
		Guarded server = this.servers.computeIfAbsent(segments[0], Guarded::new);
		return switch (segments[1]) {
			case "mcp" -> server.call(request, response);
			case "token" -> request.receive().aggregate().asString().flatMap((form) -> server.token(form, response));
			case "login" -> json(response, 200, server.login());
			case "storm" -> {
				server.expect(request.uri());
				yield response.status(204).send();
			}
			case "counts" -> json(response, 200, server.counts());
			default -> response.sendNotFound();
		};
	}

	private static String metadata(HttpServerRequest request, String[] segments) {
		String base = "http://%s/%s".formatted(request.requestHeaders().get("Host"), segments[2]);
		return "oauth-protected-resource".equals(segments[1])
				? "{\"resource\":\"%1$s/mcp\",\"authorization_servers\":[\"%1$s\"]}".formatted(base) : """
						{"issuer":"%1$s","authorization_endpoint":"%1$s/authorize","token_endpoint":"%1$s/token",\
						"response_types_supported":["code"],"grant_types_supported":["refresh_token"],\
						"code_challenge_methods_supported":["S256"],\
						"token_endpoint_auth_methods_supported":["none"]}""".formatted(base);
	}

	private static Mono<Void> json(HttpServerResponse response, int status, String content) {
		return response.status(status).header("Content-Type", "application/json").sendString(Mono.just(content)).then();
	}

	/**
	 * A server with its tokens.
	 */
	private static final class Guarded {

		private final String name;

		private final Set<String> accessTokens = ConcurrentHashMap.newKeySet();

		private final AtomicInteger issued = new AtomicInteger();

		private final AtomicInteger sent = new AtomicInteger();

		private final AtomicInteger refused = new AtomicInteger();

		private final AtomicInteger tokenRequests = new AtomicInteger();

		private final Map<String, AtomicInteger> sentById = new ConcurrentHashMap<>();

		private volatile String refreshToken = "none";

		private volatile int held;

		private volatile Duration spread = Duration.ZERO;

		private volatile Duration delay = Duration.ZERO;

		private volatile long lifetime = 3600;

		private volatile CompletableFuture<Boolean> allRefused = new CompletableFuture<>();

		Guarded(String name) {
			this.name = name;
		}

		/**
		 * Count anew. {@code revoke} takes all tokens back, {@code held} is how many
		 * requests must have come with a bad token before the first hears so,
		 * {@code spread} over how many milliseconds they hear it, {@code delay} how many
		 * the token endpoint takes, and {@code lifetime} how many seconds tokens live.
		 */
		void expect(String uri) {
			Map<String, String> values = UriComponentsBuilder.fromUriString(uri)
				.build()
				.getQueryParams()
				.toSingleValueMap();
			this.held = Integer.parseInt(values.getOrDefault("held", "0"));
			this.spread = Duration.ofMillis(Long.parseLong(values.getOrDefault("spread", "0")));
			this.delay = Duration.ofMillis(Long.parseLong(values.getOrDefault("delay", "0")));
			this.lifetime = Long.parseLong(values.getOrDefault("lifetime", "3600"));
			this.sent.set(0);
			this.refused.set(0);
			this.tokenRequests.set(0);
			this.sentById.clear();
			this.allRefused = new CompletableFuture<>();
			if (values.containsKey("revoke")) {
				this.accessTokens.clear();
			}
		}

		synchronized String login() {
			return issue(true);
		}

		String counts() {
			int most = this.sentById.values().stream().mapToInt(AtomicInteger::get).max().orElse(0);
			return "{\"sent\":%d,\"refused\":%d,\"tokenRequests\":%d,\"mostSends\":%d}".formatted(this.sent.get(),
					this.refused.get(), this.tokenRequests.get(), most);
		}

		Publisher<Void> call(HttpServerRequest request, HttpServerResponse response) {
			this.sent.incrementAndGet();
			String id = request.requestHeaders().get("X-Request-Id");
			if (id != null) {
				this.sentById.computeIfAbsent(id, (unused) -> new AtomicInteger()).incrementAndGet();
			}
			String authorization = request.requestHeaders().get("Authorization");
			if (authorization != null && this.accessTokens.contains(authorization.substring("Bearer ".length()))) {
				return json(response, 200, ANSWER);
			}
			return refusal().then(Mono.defer(() -> json(response.header("WWW-Authenticate",
					"Bearer error=\"invalid_token\", resource_metadata=\"http://%s/.well-known/oauth-protected-resource/%s/mcp\""
						.formatted(request.requestHeaders().get("Host"), this.name)),
					401, "{\"error\":\"invalid_token\"}")));
		}

		private Mono<?> refusal() {
			int number = this.refused.incrementAndGet();
			CompletableFuture<Boolean> all = this.allRefused;
			if (number >= this.held) {
				all.complete(true);
			}
			Mono<Boolean> heard = Mono.fromFuture(all, true);
			return this.spread.isZero() ? heard
					: heard.delayElement(this.spread.multipliedBy(number % this.held).dividedBy(this.held));
		}

		Mono<Void> token(String form, HttpServerResponse response) {
			this.tokenRequests.incrementAndGet();
			Mono<Void> answer = Mono.defer(() -> {
				String issued = exchange(form);
				return (issued != null) ? json(response, 200, issued)
						: json(response, 400, "{\"error\":\"invalid_grant\"}");
			});
			return this.delay.isZero() ? answer : Mono.delay(this.delay).then(answer);
		}

		private synchronized @Nullable String exchange(String form) {
			if (form.contains("grant_type=client_credentials")) {
				return issue(false);
			}
			for (String field : form.split("&")) {
				if (field.startsWith("refresh_token=") && this.refreshToken
					.equals(URLDecoder.decode(field.substring("refresh_token=".length()), StandardCharsets.UTF_8))) {
					return issue(true);
				}
			}
			return null;
		}

		private String issue(boolean rotate) {
			String suffix = "%s-%d-%s".formatted(this.name, this.issued.incrementAndGet(), "x".repeat(400));
			this.accessTokens.add("at-" + suffix);
			if (!rotate) {
				return "{\"access_token\":\"at-%s\",\"token_type\":\"Bearer\",\"expires_in\":%d}".formatted(suffix,
						this.lifetime);
			}
			this.refreshToken = "rt-" + suffix;
			return "{\"access_token\":\"at-%1$s\",\"token_type\":\"Bearer\",\"expires_in\":%2$d,\"refresh_token\":\"rt-%1$s\"}"
				.formatted(suffix, this.lifetime);
		}

	}

}
