// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real HTTP server on loopback that answers by path, records what it was sent, and lets
 * a test put other answers in front of the usual ones or hold requests back.
 */
public final class TestHttpServer implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	static {
		System.setProperty("sun.net.httpserver.nodelay", "true");
	}

	private final HttpServer server;

	private final ExecutorService executor;

	private final Map<String, Answer> usual = new ConcurrentHashMap<>();

	private final Map<String, Deque<Answer>> scripted = new ConcurrentHashMap<>();

	private final Map<String, Hold> holds = new ConcurrentHashMap<>();

	private final List<Request> requests = new ArrayList<>();

	private final CountDownLatch closed = new CountDownLatch(1);

	private TestHttpServer(int port) {
		try {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.executor = Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task, "test-http-server");
			thread.setDaemon(true);
			return thread;
		});
		this.server.setExecutor(this.executor);
		this.server.createContext("/", this::serve);
		this.server.start();
	}

	/**
	 * Start a server on a free port of 127.0.0.1.
	 * @return the server
	 */
	public static TestHttpServer start() {
		return new TestHttpServer(0);
	}

	/**
	 * Start a server on a port of 127.0.0.1, for example that of a closed one.
	 * @param port the port
	 * @return the server
	 */
	public static TestHttpServer start(int port) {
		return new TestHttpServer(port);
	}

	public int port() {
		return this.server.getAddress().getPort();
	}

	/**
	 * The origin.
	 * @return for example {@code http://127.0.0.1:4711}, without a path
	 */
	public URI url() {
		return URI.create("http://127.0.0.1:" + port());
	}

	public URI url(String path) {
		return URI.create(url() + path);
	}

	/**
	 * Set what a path usually answers. Everything else is a 404 with a page of HTML.
	 */
	public TestHttpServer handle(String path, Answer answer) {
		this.usual.put(path, answer);
		return this;
	}

	public TestHttpServer remove(String path) {
		this.usual.remove(path);
		return this;
	}

	/**
	 * Script the next answers of a path, one request each; then the usual one is back.
	 */
	public TestHttpServer next(String path, Answer... answers) {
		Deque<Answer> queue = this.scripted.computeIfAbsent(path, (key) -> new ArrayDeque<>());
		synchronized (queue) {
			queue.addAll(Arrays.asList(answers));
		}
		return this;
	}

	/**
	 * Hold back requests to a path, before they are acted upon, until released.
	 */
	public Hold hold(String path) {
		Hold hold = new Hold();
		this.holds.put(path, hold);
		return hold;
	}

	/**
	 * All requests so far, in the order they came in. A request counts as soon as it was
	 * read, before a hold.
	 * @return a snapshot
	 */
	public List<Request> requests() {
		synchronized (this.requests) {
			return List.copyOf(this.requests);
		}
	}

	public List<Request> requests(String path) {
		return requests().stream().filter((request) -> request.path().equals(path)).toList();
	}

	public int count(String path) {
		return requests(path).size();
	}

	/**
	 * Forget the requests so far.
	 */
	public void forget() {
		synchronized (this.requests) {
			this.requests.clear();
		}
	}

	@Override
	public void close() {
		this.closed.countDown();
		this.holds.values().forEach(Hold::release);
		this.server.stop(0);
		this.executor.shutdownNow();
	}

	private void serve(HttpExchange exchange) throws IOException {
		try (exchange) {
			Request request = Request.of(exchange);
			synchronized (this.requests) {
				this.requests.add(request);
			}
			Hold hold = this.holds.get(request.path());
			if (hold != null) {
				hold.pass();
			}
			send(exchange, answer(request).answer(request));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private Answer answer(Request request) {
		Answer usualAnswer = this.usual.getOrDefault(request.path(),
				Answer.of(404, "text/html", "<html><body><h1>Not here</h1></body></html>"));
		Deque<Answer> queue = this.scripted.get(request.path());
		if (queue == null) {
			return usualAnswer;
		}
		Answer next;
		synchronized (queue) {
			next = queue.poll();
		}
		return (next != null) ? next.before(usualAnswer) : usualAnswer;
	}

	private void send(HttpExchange exchange, Response response) throws IOException, InterruptedException {
		if (response.kind() == Response.Kind.DROPPED) {
			return;
		}
		response.headers().forEach((name, values) -> exchange.getResponseHeaders().put(name, values));
		byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
		if (response.kind() == Response.Kind.STREAM) {
			exchange.sendResponseHeaders(response.status(), 0);
			OutputStream stream = exchange.getResponseBody();
			stream.write(body);
			stream.flush();
			this.closed.await();
			return;
		}
		if (response.kind() == Response.Kind.TRUNCATED) {
			exchange.sendResponseHeaders(response.status(), body.length + 100L);
			exchange.getResponseBody().write(body);
			exchange.getResponseBody().flush();
			return;
		}
		boolean empty = body.length == 0 || "HEAD".equals(exchange.getRequestMethod());
		exchange.sendResponseHeaders(response.status(), empty ? -1 : body.length);
		if (!empty) {
			exchange.getResponseBody().write(body);
		}
	}

	private static Map<String, List<String>> parameters(@Nullable String encoded) {
		Map<String, List<String>> parameters = new LinkedHashMap<>();
		if (encoded == null || encoded.isEmpty()) {
			return parameters;
		}
		for (String pair : encoded.split("&")) {
			int equals = pair.indexOf('=');
			String name = (equals < 0) ? pair : pair.substring(0, equals);
			String value = (equals < 0) ? "" : pair.substring(equals + 1);
			parameters.computeIfAbsent(URLDecoder.decode(name, StandardCharsets.UTF_8), (key) -> new ArrayList<>())
				.add(URLDecoder.decode(value, StandardCharsets.UTF_8));
		}
		return parameters;
	}

	/**
	 * What is answered to a request.
	 */
	@FunctionalInterface
	public interface Answer {

		Response answer(Request request);

		/**
		 * This answer, knowing the usual one. Overridden by answers that act upon the
		 * request first.
		 */
		default Answer before(Answer usual) {
			return this;
		}

		static Answer of(Response response) {
			return (request) -> response;
		}

		static Answer of(int status, String contentType, String body) {
			return of(Response.of(status, contentType, body));
		}

		static Answer json(int status, Map<String, ?> members) {
			return of(Response.json(status, members));
		}

		static Answer status(int status) {
			return of(new Response(status, Map.of(), "", Response.Kind.COMPLETE));
		}

		/**
		 * An OAuth error (RFC 6749, section 5.2).
		 */
		static Answer error(int status, String error) {
			return json(status, Map.of("error", error));
		}

		/**
		 * The request is not acted upon and the connection closed without an answer.
		 */
		static Answer dropped() {
			return of(new Response(0, Map.of(), "", Response.Kind.DROPPED));
		}

		/**
		 * The request is acted upon, but the connection closed without an answer: whoever
		 * asked does not know the outcome.
		 */
		static Answer lost() {
			return usually((response) -> new Response(0, Map.of(), "", Response.Kind.DROPPED));
		}

		/**
		 * The usual answer, changed.
		 */
		static Answer usually(UnaryOperator<Response> change) {
			return new Answer() {

				@Override
				public Response answer(Request request) {
					throw new IllegalStateException("There is no usual answer for " + request.path());
				}

				@Override
				public Answer before(Answer usual) {
					return (request) -> change.apply(usual.answer(request));
				}

			};
		}

	}

	/**
	 * A recorded request.
	 */
	public record Request(String method, URI uri, Map<String, List<String>> headers, String body) {

		private static Request of(HttpExchange exchange) throws IOException {
			Map<String, List<String>> headers = new LinkedHashMap<>();
			exchange.getRequestHeaders()
				.forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
			String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
			return new Request(exchange.getRequestMethod(), exchange.getRequestURI(),
					Collections.unmodifiableMap(headers), body);
		}

		public String path() {
			return this.uri.getPath();
		}

		/**
		 * The first value of a header.
		 */
		public @Nullable String header(String name) {
			List<String> values = this.headers.get(name.toLowerCase(Locale.ROOT));
			return (values != null) ? values.get(0) : null;
		}

		/**
		 * The decoded parameters of the query, repeated ones with all their values.
		 */
		public Map<String, List<String>> query() {
			return parameters(this.uri.getRawQuery());
		}

		/**
		 * The decoded parameters of a form in the body.
		 */
		public Map<String, List<String>> form() {
			return parameters(this.body);
		}

		/**
		 * The only value of a parameter, of the form for a POST and else of the query.
		 */
		public @Nullable String parameter(String name) {
			List<String> values = ("POST".equals(this.method) ? form() : query()).get(name);
			if (values != null && values.size() > 1) {
				throw new IllegalStateException("Parameter '" + name + "' was sent more than once");
			}
			return (values != null) ? values.get(0) : null;
		}

		/**
		 * The members of a JSON body.
		 */
		@SuppressWarnings("unchecked")
		public Map<String, Object> json() {
			return JsonMapper.shared().readValue(this.body, Map.class);
		}

	}

	/**
	 * An answer as it is sent.
	 */
	public record Response(int status, Map<String, List<String>> headers, String body, Kind kind) {

		public static Response of(int status, String contentType, String body) {
			return new Response(status, Map.of("Content-Type", List.of(contentType)), body, Kind.COMPLETE);
		}

		public static Response json(int status, Map<String, ?> members) {
			return of(status, "application/json", JsonMapper.shared().writeValueAsString(members));
		}

		public static Response redirect(String location) {
			return new Response(302, Map.of("Location", List.of(location)), "", Kind.COMPLETE);
		}

		/**
		 * An answer whose body never ends.
		 */
		public static Response stream(String contentType, String start) {
			return new Response(200, Map.of("Content-Type", List.of(contentType)), start, Kind.STREAM);
		}

		/**
		 * The members of a JSON body.
		 */
		@SuppressWarnings("unchecked")
		public Map<String, Object> json() {
			return JsonMapper.shared().readValue(this.body, Map.class);
		}

		public Response header(String name, String... values) {
			Map<String, List<String>> changed = new LinkedHashMap<>(this.headers);
			changed.put(name, List.of(values));
			return new Response(this.status, changed, this.body, this.kind);
		}

		/**
		 * This answer, with the connection closed before the end of its body.
		 */
		public Response truncated() {
			return new Response(this.status, this.headers, this.body, Kind.TRUNCATED);
		}

		/**
		 * How an answer is sent.
		 */
		public enum Kind {

			COMPLETE, STREAM, TRUNCATED, DROPPED

		}

	}

	/**
	 * Requests that wait. Every request that arrives while it is in place waits, until it
	 * is released for good.
	 */
	public static final class Hold {

		private final Semaphore arrived = new Semaphore(0);

		private final CountDownLatch released = new CountDownLatch(1);

		private Hold() {
		}

		private void pass() throws InterruptedException {
			this.arrived.release();
			this.released.await();
		}

		/**
		 * Wait until that many more requests have arrived.
		 */
		public Hold await(int requests) {
			try {
				if (!this.arrived.tryAcquire(requests, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
					throw new AssertionError(
							"Only %d of %d requests arrived".formatted(this.arrived.availablePermits(), requests));
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
			return this;
		}

		/**
		 * Let all requests pass, these and later ones.
		 */
		public void release() {
			this.released.countDown();
		}

	}

}
