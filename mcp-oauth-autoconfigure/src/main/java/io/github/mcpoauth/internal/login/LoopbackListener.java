// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.log.LogMessage;

/**
 * Waits on this machine for the browser to come back from the authorization server (RFC
 * 8252, section 7.3). It is bound before its address is sent to the authorization server.
 * The login decides which request is the answer; that one gets its page at the end of the
 * login, when the listener is closed.
 */
final class LoopbackListener {

	static final String PATH = "/callback";

	private static final Log logger = LogFactory.getLog(LoopbackListener.class);

	private static final int BACKLOG = 50;

	private static final int THREADS = 4;

	private static final int ATTEMPTS = 5;

	private final List<HttpServer> servers;

	private final int port;

	private final ExecutorService executor;

	private final AtomicReference<@Nullable HttpExchange> answer = new AtomicReference<>();

	private final AtomicBoolean closed = new AtomicBoolean();

	// Set before the address is shown, read by the listener's threads
	private volatile @Nullable Expectation expectation;

	private LoopbackListener(List<HttpServer> servers) {
		this.servers = servers;
		this.port = servers.get(0).getAddress().getPort();
		this.executor = Executors.newFixedThreadPool(THREADS, (task) -> {
			Thread thread = new Thread(() -> CallbackLogSilencer.keepOut(task), "mcp-oauth-callback-" + this.port);
			thread.setDaemon(true);
			return thread;
		});
		for (HttpServer server : servers) {
			server.setExecutor(this.executor);
			server.createContext("/", this::serve);
			server.start();
		}
	}

	/**
	 * Bind a listener that answers 404 until {@link #expect} is called. Blocks for a
	 * moment.
	 * @param host where to listen, as it stands in a URL; {@code localhost} means all
	 * addresses of that name, because a browser may take any of them
	 * @param port the port, 0 for a free one
	 * @return the listener
	 * @throws BindException if the port is not free
	 * @throws IOException if the host is not known or the listener cannot be created
	 */
	static LoopbackListener bind(String host, int port) throws IOException {
		List<InetAddress> addresses = addresses(host);
		for (int attempt = 1;; attempt++) {
			try {
				return new LoopbackListener(bind(addresses, port));
			}
			catch (BindException ex) {
				// The port that is free at one address may not be at another
				if (port != 0 || addresses.size() == 1 || attempt == ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

	private static List<InetAddress> addresses(String host) throws IOException {
		boolean bracketed = host.startsWith("[") && host.endsWith("]");
		String name = bracketed ? host.substring(1, host.length() - 1) : host;
		if (!"localhost".equalsIgnoreCase(name)) {
			return List.of(InetAddress.getByName(name));
		}
		List<InetAddress> all = Arrays.stream(InetAddress.getAllByName(name))
			.filter(InetAddress::isLoopbackAddress)
			.distinct()
			.sorted(Comparator.comparing((address) -> !(address instanceof Inet4Address)))
			.toList();
		return all.isEmpty() ? List.of(InetAddress.getLoopbackAddress()) : all;
	}

	private static List<HttpServer> bind(List<InetAddress> addresses, int port) throws IOException {
		List<HttpServer> servers = new ArrayList<>();
		try {
			for (InetAddress address : addresses) {
				int next = servers.isEmpty() ? port : servers.get(0).getAddress().getPort();
				servers.add(HttpServer.create(new InetSocketAddress(address, next), BACKLOG));
			}
			return servers;
		}
		catch (IOException ex) {
			servers.forEach(LoopbackListener::stop);
			throw ex;
		}
	}

	/**
	 * The port it is bound to.
	 * @return the port
	 */
	int port() {
		return this.port;
	}

	/**
	 * Begin to look for the answer.
	 * @param redirectUri where the authorization server sends the browser; its path is
	 * accepted as well as {@value #PATH}, and its host is a name of this listener
	 * @param callback decides which request is the answer
	 */
	void expect(URI redirectUri, Callback callback) {
		this.expectation = new Expectation(Set.copyOf(List.of(PATH, path(redirectUri))),
				Stream
					.concat(Stream.of(redirectUri.getRawAuthority()),
							Stream.of("127.0.0.1", "localhost", "[::1]").map((name) -> name + ":" + this.port))
					.map((host) -> host.toLowerCase(Locale.ROOT))
					.collect(Collectors.toUnmodifiableSet()),
				callback);
	}

	private static String path(URI uri) {
		String path = uri.getPath();
		return (path == null || path.isEmpty()) ? "/" : path;
	}

	private void serve(HttpExchange exchange) {
		Expectation expected = this.expectation;
		String query = (expected != null && expected.isMetBy(exchange)) ? exchange.getRequestURI().getRawQuery() : null;
		Reception reception = (expected != null && query != null)
				? expected.callback().receive(query, () -> this.answer.set(exchange)) : Reception.FOREIGN;
		switch (reception.kind()) {
			case ANSWER -> logger.trace("The browser waits for the end of the login");
			case LATE -> send(exchange, CallbackPage.late());
			case UNMATCHED -> send(exchange, CallbackPage.unmatched(String.valueOf(reception.error())));
			case FOREIGN -> send(exchange, CallbackPage.notFound());
		}
	}

	/**
	 * Show the end of the login to the browser that brought the answer, if one did, and
	 * close all connections. Blocks for a moment; does nothing the second time.
	 * @param page the page to show
	 */
	void close(CallbackPage page) {
		// The login and the shutdown may close it at once: the page is sent once
		if (this.closed.compareAndSet(false, true)) {
			answer(page);
			this.servers.forEach((server) -> server.stop(0));
			this.executor.shutdownNow();
		}
	}

	/**
	 * A server that was never started keeps its port, also when it is stopped.
	 */
	private static void stop(HttpServer server) {
		server.start();
		server.stop(0);
	}

	private void answer(CallbackPage page) {
		// The exchange is taken: a response that is written twice fails
		HttpExchange exchange = this.answer.getAndSet(null);
		if (exchange != null) {
			CallbackLogSilencer.keepOut(() -> send(exchange, page));
		}
	}

	private static void send(HttpExchange exchange, CallbackPage page) {
		try (exchange) {
			byte[] body = page.body();
			page.headers().forEach(exchange.getResponseHeaders()::set);
			boolean head = "HEAD".equals(exchange.getRequestMethod());
			exchange.sendResponseHeaders(page.status(), head ? -1 : body.length);
			if (!head) {
				exchange.getResponseBody().write(body);
			}
		}
		catch (IOException ex) {
			// The login does not depend on the browser
			logger.debug(LogMessage.format("The browser did not take the answer with status %d", page.status()), ex);
		}
	}

	/**
	 * Decides which request is the answer. Called on the listener's threads, several at a
	 * time.
	 */
	@FunctionalInterface
	interface Callback {

		/**
		 * Look at a request to the right address.
		 * @param query its query, as it was sent
		 * @param keep to be run if it is the answer, before anything is done with it:
		 * keeps the browser waiting for the page
		 * @return the meaning of the request for the login
		 */
		Reception receive(String query, Runnable keep);

	}

	/**
	 * The meaning of a request for the login.
	 *
	 * @param kind the kind of request
	 * @param error the error that the request names, {@code null} if it names no error
	 */
	record Reception(Kind kind, @Nullable String error) {

		/**
		 * The answer that ends the login.
		 */
		static final Reception ANSWER = new Reception(Kind.ANSWER, null);

		/**
		 * A valid answer that is not the first.
		 */
		static final Reception LATE = new Reception(Kind.LATE, null);

		/**
		 * A request that is not for this login.
		 */
		static final Reception FOREIGN = new Reception(Kind.FOREIGN, null);

		/**
		 * An error that does not say which login it is for.
		 * @param error the error, quoted
		 * @return the reception
		 */
		static Reception unmatched(String error) {
			return new Reception(Kind.UNMATCHED, error);
		}

		enum Kind {

			ANSWER, LATE, UNMATCHED, FOREIGN

		}

	}

	/**
	 * The requests that the listener looks at.
	 *
	 * @param paths the paths to listen to
	 * @param hosts the names of this listener
	 * @param callback decides
	 */
	private record Expectation(Set<String> paths, Set<String> hosts, Callback callback) {

		/**
		 * Whether to look at a request. The host of the request reveals a page of another
		 * site that resolves to this machine (DNS rebinding).
		 */
		boolean isMetBy(HttpExchange exchange) {
			List<String> host = exchange.getRequestHeaders().getOrDefault("Host", List.of());
			String path = exchange.getRequestURI().getPath();
			return "GET".equals(exchange.getRequestMethod()) && path != null && this.paths.contains(path)
					&& host.size() == 1 && this.hosts.contains(host.get(0).toLowerCase(Locale.ROOT));
		}

	}

}
