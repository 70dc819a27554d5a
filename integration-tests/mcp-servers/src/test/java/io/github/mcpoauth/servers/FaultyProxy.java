// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.servers;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClient.ResponseReceiver;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Stands in front of a real server under an address of its own, and answers some requests
 * as a test tells it.
 */
final class FaultyProxy implements AutoCloseable {

	/**
	 * Those that are shared end with the first application context that used them.
	 */
	private static final LoopResources LOOPS = LoopResources.create("faulty-proxy", 2, true);

	private final HttpClient client = HttpClient.create();

	private final List<Rule> rules = new CopyOnWriteArrayList<>();

	private final List<Passing> seen = new CopyOnWriteArrayList<>();

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final DisposableServer server = HttpServer.create()
		.runOn(LOOPS)
		.host("127.0.0.1")
		.port(0)
		.doOnConnection((connection) -> this.connections.add(connection))
		.handle(this::pass)
		.bindNow();

	private volatile @Nullable URI target;

	/**
	 * The address of the MCP server behind this one.
	 */
	URI url() {
		return URI.create("http://127.0.0.1:%d/mcp".formatted(this.server.port()));
	}

	/**
	 * Say which server is behind this one.
	 */
	void target(URI target) {
		this.target = target;
	}

	/**
	 * Answer matching requests in another way, for as many requests as said.
	 */
	void script(int times, Predicate<Passing> when, Fault fault) {
		this.rules.add(new Rule(new AtomicInteger(times), when, fault));
	}

	/**
	 * Answer all requests as the server does, and forget those there were.
	 */
	void reset() {
		this.rules.clear();
		this.seen.clear();
	}

	/**
	 * Break all connections of clients.
	 */
	void cutConnections() {
		this.connections.forEach(Connection::dispose);
		this.connections.clear();
	}

	/**
	 * The requests for one method of the protocol, oldest first.
	 */
	List<Passing> seen(String method) {
		return this.seen.stream().filter((request) -> request.is(method)).toList();
	}

	/**
	 * The number of all requests.
	 */
	int requests() {
		return this.seen.size();
	}

	@Override
	public void close() {
		this.server.disposeNow();
	}

	private Publisher<Void> pass(HttpServerRequest request, HttpServerResponse response) {
		return request.receive()
			.aggregate()
			.asString(StandardCharsets.UTF_8)
			.defaultIfEmpty("")
			.flatMap((body) -> Mono.from(answer(new Passing(method(body), session(request), body), request, response)));
	}

	private static String method(String body) {
		return body.startsWith("{") ? JsonMapper.shared().readValue(body, JsonNode.class).path("method").asString("")
				: "";
	}

	private static @Nullable String session(HttpServerRequest request) {
		return request.requestHeaders().get("Mcp-Session-Id");
	}

	private Publisher<Void> answer(Passing passing, HttpServerRequest request, HttpServerResponse response) {
		this.seen.add(passing);
		for (Rule rule : this.rules) {
			if (rule.when().test(passing) && rule.left().getAndDecrement() > 0) {
				return rule.fault().answer(response, (token) -> forward(passing, request, response, token));
			}
		}
		return forward(passing, request, response, null);
	}

	private Publisher<Void> forward(Passing passing, HttpServerRequest request, HttpServerResponse response,
			@Nullable String token) {
		ResponseReceiver<?> exchange = this.client.headers((headers) -> {
			headers.set(request.requestHeaders()).remove("Content-Length").remove("Transfer-Encoding");
			if (token != null) {
				headers.set("Authorization", "Bearer " + token);
			}
		})
			.request(request.method())
			.uri(String.valueOf(URI.create(String.valueOf(this.target)).resolve(request.uri())));
		if (!passing.body().isEmpty()) {
			exchange = ((HttpClient.RequestSender) exchange).send(ByteBufFlux.fromString(Mono.just(passing.body())));
		}
		return exchange.response((answer, content) -> {
			response.status(answer.status());
			answer.responseHeaders()
				.forEach((header) -> response.responseHeaders().add(header.getKey(), header.getValue()));
			response.responseHeaders().remove("Content-Length").set("Transfer-Encoding", "chunked");
			return response.send(content.retain(), (buffer) -> true);
		});
	}

	/**
	 * A request on its way.
	 *
	 * @param method the method of the protocol, empty where it has none
	 * @param session the session id it carries
	 * @param body its body
	 */
	record Passing(String method, @Nullable String session, String body) {

		boolean is(String name) {
			return this.method.equals(name);
		}

	}

	private record Rule(AtomicInteger left, Predicate<Passing> when, Fault fault) {
	}

	/**
	 * Lets the real server answer, with another token if one is given.
	 */
	@FunctionalInterface
	interface Forward {

		Publisher<Void> send(@Nullable String token);

	}

	/**
	 * Another way to answer a request.
	 */
	@FunctionalInterface
	interface Fault {

		Publisher<Void> answer(HttpServerResponse response, Forward forward);

		static Fault status(int status) {
			return (response, forward) -> response.status(status).header("WWW-Authenticate", "Bearer").send();
		}

		static Fault error(int status, int code) {
			return (response, forward) -> response.status(status)
				.header("Content-Type", "application/json")
				.sendString(Mono.just(JsonMapper.shared()
					.writeValueAsString(
							Map.of("jsonrpc", "2.0", "id", 0, "error", Map.of("code", code, "message", "scripted")))));
		}

		/**
		 * Begin an event stream and break the connection.
		 */
		static Fault cut() {
			return (response, forward) -> Mono.from(response.sse().sendString(Mono.just(": soon\n\n")))
				.then(Mono.fromRunnable(() -> response.withConnection(Connection::dispose)));
		}

		static Fault hold(Mono<Void> until) {
			return (response, forward) -> until.then(Mono.defer(() -> Mono.from(forward.send(null))));
		}

		static Fault withToken(String token) {
			return (response, forward) -> forward.send(token);
		}

	}

}
