// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
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
 * Sends each request to the next replica, whichever browser it comes from. A replica that
 * cannot be reached is left out, as balancers do.
 */
final class Balancer implements AutoCloseable {

	private static final Set<String> OF_A_CONNECTION = Set.of("connection", "content-length", "host", "http2-settings",
			"transfer-encoding", "upgrade");

	private final List<Integer> ports = new CopyOnWriteArrayList<>();

	private final AtomicInteger requests = new AtomicInteger();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final HttpClient client = HttpClient.newBuilder().version(Version.HTTP_1_1).build();

	private final HttpServer server;

	Balancer() {
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

	void add(int port) {
		this.ports.add(port);
	}

	private void pass(HttpExchange exchange) throws IOException {
		try (exchange) {
			HttpResponse<byte[]> answer = answer(exchange, exchange.getRequestBody().readAllBytes());
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

	private HttpResponse<byte[]> answer(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
		while (true) {
			Integer port = this.ports.get(Math.floorMod(this.requests.getAndIncrement(), this.ports.size()));
			try {
				return this.client.send(request(exchange, port, body), BodyHandlers.ofByteArray());
			}
			catch (IOException ex) {
				// A form may have been read by the replica that died, so it is not sent
				// again
				if (this.ports.size() == 1
						|| !(ex instanceof ConnectException || "GET".equals(exchange.getRequestMethod()))) {
					throw ex;
				}
				this.ports.remove(port);
			}
		}
	}

	private static HttpRequest request(HttpExchange exchange, int port, byte[] body) {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + port + exchange.getRequestURI()))
			.method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
		exchange.getRequestHeaders().forEach((name, values) -> {
			if (!OF_A_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
				values.forEach((value) -> request.header(name, value));
			}
		});
		return request.build();
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

}
