// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * A balancer that sends each request to the next node, whichever browser it comes from.
 */
final class RoundRobinProxy implements AutoCloseable {

	private static final Set<String> OF_A_CONNECTION = Set.of("connection", "content-length", "host", "http2-settings",
			"transfer-encoding", "upgrade");

	private final List<String> ports = new CopyOnWriteArrayList<>();

	private final AtomicInteger requests = new AtomicInteger();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final HttpClient client = HttpClient.newHttpClient();

	private final HttpServer server;

	RoundRobinProxy() {
		try {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.server.setExecutor(this.threads);
		this.server.createContext("/", this::pass);
		this.server.start();
	}

	URI url() {
		return URI.create("http://127.0.0.1:" + this.server.getAddress().getPort());
	}

	void add(String port) {
		this.ports.add(port);
	}

	void remove(String port) {
		this.ports.remove(port);
	}

	private void pass(HttpExchange exchange) throws IOException {
		try (exchange) {
			String port = this.ports.get(Math.floorMod(this.requests.getAndIncrement(), this.ports.size()));
			HttpRequest.Builder request = HttpRequest
				.newBuilder(URI.create("http://127.0.0.1:" + port + exchange.getRequestURI()))
				.method(exchange.getRequestMethod(),
						BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
			exchange.getRequestHeaders().forEach((name, values) -> {
				if (!OF_A_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
					values.forEach((value) -> request.header(name, value));
				}
			});
			HttpResponse<byte[]> answer = this.client.send(request.build(), BodyHandlers.ofByteArray());
			answer.headers().map().forEach((name, values) -> {
				if (!OF_A_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
					values.forEach((value) -> exchange.getResponseHeaders().add(name, value));
				}
			});
			exchange.sendResponseHeaders(answer.statusCode(), (answer.body().length > 0) ? answer.body().length : -1);
			exchange.getResponseBody().write(answer.body());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

}
