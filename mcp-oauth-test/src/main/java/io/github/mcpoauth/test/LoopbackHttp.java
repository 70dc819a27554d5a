// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

/**
 * An HTTP server on a free port of the loopback interface, with an event loop of its own.
 */
final class LoopbackHttp implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final HttpServerRoutes routes = HttpServerRoutes.newRoutes();

	private final LoopResources eventLoop;

	private final DisposableServer server;

	/**
	 * Start a server.
	 * @param name name of the server, which is part of the name of its thread
	 */
	LoopbackHttp(String name) {
		this.eventLoop = LoopResources.create("mcp-test-server-" + name, 1, true);
		this.server = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.runOn(this.eventLoop)
			.handle(this.routes)
			.bindNow(PATIENCE);
	}

	URI url(String path) {
		return URI.create("http://127.0.0.1:%d%s".formatted(this.server.port(), path));
	}

	/**
	 * Answer the requests to a path.
	 * @param path the path, and all paths below it
	 * @param handler gives the answers. It may block
	 */
	void handle(String path, Function<Request, Reply> handler) {
		this.routes.route((request) -> (request.fullPath() + "/").startsWith(path + "/"),
				(request, response) -> read(request).publishOn(Schedulers.boundedElastic())
					.map(handler)
					.onErrorResume((ex) -> Mono.just(Reply.json(500, Map.of("error", String.valueOf(ex.getMessage())))))
					.flatMap((reply) -> write(response, reply)));
	}

	private static Mono<Request> read(HttpServerRequest request) {
		return request.receive()
			.aggregate()
			.asString(StandardCharsets.UTF_8)
			.defaultIfEmpty("")
			.map((body) -> new Request(request.method().name(), request.uri(), request.requestHeaders(), body));
	}

	private static Mono<Void> write(HttpServerResponse response, Reply reply) {
		response.status(reply.status());
		reply.headers().forEach(response::header);
		if (reply.body() == null) {
			return response.send();
		}
		byte[] body = JsonMapper.shared().writeValueAsBytes(reply.body());
		return response.header("Content-Type", "application/json").sendByteArray(Mono.just(body)).then();
	}

	/**
	 * Ends the event loop, which closes the port and all connections.
	 */
	@Override
	public void close() {
		this.eventLoop.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
	}

	/**
	 * A request.
	 *
	 * @param method HTTP method
	 * @param uri path and query
	 * @param headers headers by name in any case
	 * @param body the body, empty if absent
	 */
	record Request(String method, String uri, HttpHeaders headers, String body) {

		@Nullable String header(String name) {
			return this.headers.get(name);
		}

		Map<String, String> query() {
			return first(new QueryStringDecoder(this.uri));
		}

		Map<String, String> form() {
			return first(new QueryStringDecoder(this.body, false));
		}

		private static Map<String, String> first(QueryStringDecoder decoder) {
			Map<String, String> parameters = new LinkedHashMap<>();
			decoder.parameters().forEach((name, values) -> parameters.put(name, values.get(0)));
			return parameters;
		}

	}

	/**
	 * An answer.
	 *
	 * @param status HTTP status
	 * @param headers headers by name
	 * @param body what is rendered as JSON, {@code null} for no body
	 */
	record Reply(int status, Map<String, String> headers, @Nullable Object body) {

		static Reply of(int status) {
			return new Reply(status, Map.of(), null);
		}

		static Reply json(int status, Object body) {
			return new Reply(status, Map.of(), body);
		}

	}

}
