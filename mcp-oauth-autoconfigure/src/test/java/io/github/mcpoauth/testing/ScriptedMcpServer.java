// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.ClassUtils;
import org.springframework.util.function.SingletonSupplier;

/**
 * An MCP server over streamable HTTP with sessions that does as a test tells it: refuses
 * tokens, forgets sessions, cuts answers short.
 */
public final class ScriptedMcpServer implements AutoCloseable {

	/**
	 * Those that are shared end with the first application context that used them.
	 */
	private static final LoopResources LOOPS = LoopResources.create("scripted-mcp-server", 2, true);

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {
	};

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	// Versions of the MCP SDK before 2.2 do not have it
	private static final boolean MODERN_SDK = ClassUtils
		.isPresent("io.modelcontextprotocol.modern.client.McpAsyncClient", ScriptedMcpServer.class.getClassLoader());

	private final Set<String> tokens = ConcurrentHashMap.newKeySet();

	private final Set<String> sessions = ConcurrentHashMap.newKeySet();

	private final List<Received> received = new CopyOnWriteArrayList<>();

	private final List<Rule> rules = new CopyOnWriteArrayList<>();

	private final List<Sinks.Many<String>> streams = new CopyOnWriteArrayList<>();

	private final Set<String> watched = ConcurrentHashMap.newKeySet();

	private final Set<Channel> channels = ConcurrentHashMap.newKeySet();

	private final AtomicInteger writes = new AtomicInteger();

	private volatile boolean anonymousInitialize;

	private volatile boolean anonymousListing;

	private volatile boolean sse;

	private volatile boolean paged;

	private volatile McpServer.Protocol protocol = McpServer.Protocol.LEGACY;

	// Not loaded without the modern SDK
	private final Supplier<ModernAnswers> modern = SingletonSupplier
		.of(() -> new ModernAnswers(this.writes::incrementAndGet));

	private final Sinks.Many<String> ended = Sinks.many().replay().all();

	private volatile Sinks.Empty<Void> listening = Sinks.empty();

	private volatile String challenge = "Bearer";

	private volatile DisposableServer server;

	private ScriptedMcpServer() {
		this.server = bind(0);
	}

	/**
	 * Start a server on a free port of the loopback interface.
	 * @return the server
	 */
	public static ScriptedMcpServer start() {
		return new ScriptedMcpServer();
	}

	private DisposableServer bind(int port) {
		return HttpServer.create()
			.runOn(LOOPS)
			.host("127.0.0.1")
			.port(port)
			.doOnConnection((connection) -> this.channels.add(connection.channel()))
			.route((routes) -> routes.post("/mcp", this::post).get("/mcp", this::get).delete("/mcp", this::delete))
			.bindNow();
	}

	/**
	 * The MCP endpoint.
	 * @return its address
	 */
	public URI url() {
		return URI.create("http://127.0.0.1:%d/mcp".formatted(this.server.port()));
	}

	/**
	 * Require a token, and accept these.
	 * @param accepted the tokens; none means that every token is refused
	 */
	public void accept(String... accepted) {
		this.tokens.clear();
		this.tokens.add("");
		this.tokens.addAll(List.of(accepted));
	}

	/**
	 * Ask nobody for a token.
	 */
	public void acceptEverybody() {
		this.tokens.clear();
	}

	/**
	 * Let everybody connect and ask for a token later only.
	 */
	public void acceptAnonymousInitialize() {
		this.anonymousInitialize = true;
	}

	/**
	 * Let everybody connect and list the tools, and ask for a token to call them.
	 */
	public void acceptAnonymousListing() {
		acceptAnonymousInitialize();
		this.anonymousListing = true;
	}

	/**
	 * The protocols of a server that the MCP SDK of the class path can speak to.
	 * @return the protocols; {@link McpServer.Protocol#AUTO} is a server of both
	 */
	public static Stream<McpServer.Protocol> protocols() {
		return Stream.of(McpServer.Protocol.values())
			.filter((protocol) -> MODERN_SDK || protocol != McpServer.Protocol.MODERN);
	}

	/**
	 * Speak another protocol than the one with sessions.
	 * @param protocol the protocol; {@link McpServer.Protocol#AUTO} is both
	 */
	public void speak(McpServer.Protocol protocol) {
		this.protocol = protocol;
	}

	/**
	 * Answer over event streams.
	 */
	public void answerAsEvents() {
		this.sse = true;
	}

	/**
	 * Answer lists one element to a page.
	 */
	public void paged() {
		this.paged = true;
	}

	/**
	 * Send this challenge with each 401.
	 * @param header the value of {@code WWW-Authenticate}
	 */
	public void challenge(String header) {
		this.challenge = header;
	}

	/**
	 * Forget all sessions, as a server does that is started anew.
	 */
	public void forgetSessions() {
		this.sessions.clear();
		this.watched.clear();
		this.streams.forEach(Sinks.Many::tryEmitComplete);
		this.streams.clear();
		this.listening = Sinks.empty();
	}

	/**
	 * Go away as a process does that ends: accept nothing any more, end all connections,
	 * and forget all sessions. When this returns, all clients have noticed.
	 */
	public void stop() {
		this.server.disposeNow();
		for (Channel channel : this.channels) {
			if (!((DuplexChannel) channel).shutdownOutput().awaitUninterruptibly(PATIENCE.toMillis())
					|| !channel.closeFuture().awaitUninterruptibly(PATIENCE.toMillis())) {
				throw new IllegalStateException("A client keeps its connection " + channel);
			}
		}
		this.channels.clear();
		forgetSessions();
	}

	/**
	 * Come back on the same port.
	 */
	public void comeBack() {
		this.server = bind(this.server.port());
	}

	/**
	 * Answer matching requests in another way, for as many requests as said.
	 * @param times for how many requests
	 * @param when which requests
	 * @param fault the way
	 */
	public void script(int times, Predicate<Received> when, Fault fault) {
		this.rules.add(new Rule(new AtomicInteger(times), when, fault));
	}

	/**
	 * Send a notification to all clients that listen.
	 * @param method the method
	 */
	public void notifyClients(String method) {
		String event = event(Map.of("jsonrpc", "2.0", "method", method));
		this.streams.forEach((stream) -> stream.tryEmitNext(event));
	}

	/**
	 * Report a change, in the protocol that is spoken, to the clients that listen.
	 * @param change the change
	 */
	public void report(ServerChange change) {
		if (MODERN_SDK && this.protocol != McpServer.Protocol.LEGACY) {
			this.modern.get().report(change);
			return;
		}
		switch (change.kind()) {
			case TOOLS -> notifyClients("notifications/tools/list_changed");
			case PROMPTS -> notifyClients("notifications/prompts/list_changed");
			case RESOURCES -> notifyClients("notifications/resources/list_changed");
			case RESOURCE -> {
				if (this.watched.contains(String.valueOf(change.uri()))) {
					String event = event(Map.of("jsonrpc", "2.0", "method", "notifications/resources/updated", "params",
							Map.of("uri", String.valueOf(change.uri()))));
					this.streams.forEach((stream) -> stream.tryEmitNext(event));
				}
			}
		}
	}

	/**
	 * The resources that clients of sessions watch.
	 * @return their addresses
	 */
	public Set<String> watched() {
		return Set.copyOf(this.watched);
	}

	/**
	 * End all event streams of sessions, as a gateway does that has waited for long.
	 */
	public void endStreams() {
		this.streams.forEach(Sinks.Many::tryEmitComplete);
	}

	/**
	 * Break all connections. The sessions stay.
	 */
	public void dropConnections() {
		this.channels.forEach((channel) -> channel.close().awaitUninterruptibly(PATIENCE.toMillis()));
		this.channels.clear();
	}

	/**
	 * What has come in.
	 * @return all requests, oldest first
	 */
	public List<Received> received() {
		return List.copyOf(this.received);
	}

	/**
	 * What has come in for one method of the protocol.
	 * @param method for example {@code tools/call}
	 * @return the requests, oldest first
	 */
	public List<Received> received(String method) {
		return this.received.stream().filter((request) -> method.equals(request.method())).toList();
	}

	/**
	 * How often the tool {@code write} was executed.
	 * @return the number
	 */
	public int writes() {
		return this.writes.get();
	}

	/**
	 * How many sessions there are.
	 * @return the number
	 */
	public int sessions() {
		return this.sessions.size();
	}

	/**
	 * The sessions that clients have ended and will end.
	 * @return their ids
	 */
	public Flux<String> ended() {
		return this.ended.asFlux();
	}

	/**
	 * When a client listens for notifications.
	 * @return a mono that ends as soon as one does
	 */
	public Mono<Void> awaitListener() {
		return Mono.defer(() -> this.listening.asMono());
	}

	@Override
	public void close() {
		this.server.disposeNow();
	}

	private Publisher<Void> post(HttpServerRequest request, HttpServerResponse response) {
		return request.receive()
			.aggregate()
			.asString(StandardCharsets.UTF_8)
			.defaultIfEmpty("")
			.flatMap((body) -> Mono.from(answer(received(request, body), response)));
	}

	private Publisher<Void> get(HttpServerRequest request, HttpServerResponse response) {
		Received listen = received(request, null);
		return scripted(listen, response, () -> refusal(listen, response, () -> {
			Sinks.Many<String> stream = Sinks.many().unicast().onBackpressureBuffer();
			this.streams.add(stream);
			this.listening.tryEmitEmpty();
			return events(response, stream.asFlux().doFinally((signal) -> this.streams.remove(stream)));
		}));
	}

	private Publisher<Void> delete(HttpServerRequest request, HttpServerResponse response) {
		Received end = received(request, null);
		return scripted(end, response, () -> refusal(end, response, () -> {
			this.sessions.remove(String.valueOf(end.session()));
			this.ended.tryEmitNext(String.valueOf(end.session()));
			return response.status(204).send();
		}));
	}

	private Received received(HttpServerRequest request, @Nullable String body) {
		Map<String, Object> message = (body != null) ? JSON.readValue(body, MEMBERS) : Map.of();
		String authorization = request.requestHeaders().get("Authorization");
		String token = (authorization != null) ? authorization.substring(authorization.indexOf(' ') + 1) : null;
		String method = (body != null) ? (String) message.get("method") : request.method().name();
		Received entry = new Received(String.valueOf(method), request.requestHeaders().get("Mcp-Session-Id"), token,
				message, request.requestHeaders().get("Last-Event-ID"), request.requestHeaders().get("Mcp-Method"),
				request.remoteAddress());
		this.received.add(entry);
		return entry;
	}

	private Publisher<Void> answer(Received request, HttpServerResponse response) {
		return scripted(request, response, () -> refusal(request, response, () -> accepted(request, response)));
	}

	private Publisher<Void> scripted(Received request, HttpServerResponse response, Answer normal) {
		for (Rule rule : this.rules) {
			if (rule.when().test(request) && rule.left().getAndDecrement() > 0) {
				return rule.fault().answer(request, response, normal);
			}
		}
		return normal.send();
	}

	private Publisher<Void> refusal(Received request, HttpServerResponse response, Answer normal) {
		boolean open = (this.anonymousInitialize
				&& List.of("initialize", "notifications/initialized").contains(request.method()))
				|| (this.anonymousListing && "tools/list".equals(request.method()));
		if (!this.tokens.isEmpty() && !open && !this.tokens.contains(String.valueOf(request.token()))) {
			return response.status(401).header("WWW-Authenticate", this.challenge).send();
		}
		if (isModern(request)) {
			return request.message().isEmpty() ? response.status(405).send()
					: this.modern.get().answer(request, response);
		}
		if (!"initialize".equals(request.method()) && !this.sessions.contains(String.valueOf(request.session()))) {
			return response.status(404).send();
		}
		return normal.send();
	}

	private boolean isModern(Received request) {
		return this.protocol == McpServer.Protocol.MODERN
				|| (this.protocol == McpServer.Protocol.AUTO && request.methodHeader() != null);
	}

	private Publisher<Void> accepted(Received request, HttpServerResponse response) {
		if (request.message().get("id") == null) {
			return response.status(202).send();
		}
		if ("initialize".equals(request.method())) {
			String session = UUID.randomUUID().toString();
			this.sessions.add(session);
			response.header("Mcp-Session-Id", session);
		}
		else {
			response.header("Mcp-Session-Id", String.valueOf(request.session()));
		}
		Map<String, Object> answer = new LinkedHashMap<>();
		answer.put("jsonrpc", "2.0");
		answer.put("id", request.message().get("id"));
		Map<String, Object> result = result(request);
		answer.put(result.containsKey("code") ? "error" : "result", result);
		if (this.sse) {
			List<String> events = new ArrayList<>();
			Object progress = request.progressToken();
			if (progress != null) {
				events.add(event(Map.of("jsonrpc", "2.0", "method", "notifications/progress", "params",
						Map.of("progressToken", progress, "progress", 0.5))));
			}
			events.add(event(answer));
			return events(response, Flux.fromIterable(events));
		}
		return json(response, answer);
	}

	private Map<String, Object> result(Received request) {
		return switch (request.method()) {
			case "initialize" -> Map.of("protocolVersion",
					String.valueOf(request.params().getOrDefault("protocolVersion", "2025-06-18")), "capabilities",
					Map.of("tools", Map.of("listChanged", true), "resources", Map.of("subscribe", true), "prompts",
							Map.of(), "completions", Map.of()),
					"serverInfo", Map.of("name", "scripted", "version", "1"));
			case "tools/list" -> tools(String.valueOf(request.params().getOrDefault("cursor", "0")));
			case "tools/call" -> call(request);
			case "resources/list" -> Map.of("resources", List.of(Map.of("uri", "memo://one", "name", "one")));
			case "resources/templates/list" ->
				Map.of("resourceTemplates", List.of(Map.of("uriTemplate", "memo://{name}", "name", "memo")));
			case "completion/complete" -> Map.of("completion", Map.of("values", List.of("kind", "kindly")));
			case "resources/subscribe" -> watch(request, this.watched::add);
			case "resources/unsubscribe" -> watch(request, this.watched::remove);
			case "ping" -> Map.of();
			case "resources/read" ->
				Map.of("contents", List.of(Map.of("uri", "memo://one", "text", "remember", "mimeType", "text/plain")));
			case "prompts/list" -> Map.of("prompts", List.of(Map.of("name", "greet")));
			case "prompts/get" ->
				Map.of("messages", List.of(Map.of("role", "user", "content", Map.of("type", "text", "text", "hello"))));
			default -> Map.of("code", -32601, "message", "Method not found");
		};
	}

	private static Map<String, Object> watch(Received request, Consumer<String> change) {
		change.accept(String.valueOf(request.params().get("uri")));
		return Map.of();
	}

	@SuppressWarnings("unchecked")
	private Map<String, Object> call(Received request) {
		Map<String, Object> arguments = (Map<String, Object>) request.params().getOrDefault("arguments", Map.of());
		return switch (String.valueOf(request.params().get("name"))) {
			case "echo" -> text(String.valueOf(arguments.get("text")));
			case "write" -> text("written " + this.writes.incrementAndGet());
			case "big" -> text("x".repeat(Integer.parseInt(String.valueOf(arguments.get("size")))));
			case "whoami" -> text(String.valueOf(request.token()));
			case "fail" -> Map.of("content", List.of(Map.of("type", "text", "text", "it failed")), "isError", true);
			default -> Map.of("code", -32602, "message", "Unknown tool");
		};
	}

	private Map<String, Object> tools(String cursor) {
		List<Map<String, Object>> tools = Stream.of("echo", "write", "big", "whoami", "fail")
			.map(ScriptedMcpServer::tool)
			.toList();
		if (!this.paged) {
			return Map.of("tools", tools);
		}
		int page = Integer.parseInt(cursor);
		List<Map<String, Object>> content = List.of(tools.get(page));
		return (page + 1 < tools.size()) ? Map.of("tools", content, "nextCursor", String.valueOf(page + 1))
				: Map.of("tools", content);
	}

	private static Map<String, Object> tool(String name) {
		return Map.of("name", name, "inputSchema", Map.of("type", "object"));
	}

	private static Map<String, Object> text(String text) {
		return Map.of("content", List.of(Map.of("type", "text", "text", text)));
	}

	/**
	 * Send a JSON body.
	 * @param response where to
	 * @param members the members
	 * @return when it was sent
	 */
	public static Publisher<Void> json(HttpServerResponse response, Map<String, Object> members) {
		return response.header("Content-Type", "application/json")
			.sendString(Mono.just(JSON.writeValueAsString(members)));
	}

	/**
	 * Send an event stream.
	 * @param response where to
	 * @param events the events
	 * @return when it was sent
	 */
	public static Publisher<Void> events(HttpServerResponse response, Flux<String> events) {
		return response.sse()
			.send(events.map((event) -> Unpooled.copiedBuffer(event, StandardCharsets.UTF_8)), (buffer) -> true);
	}

	/**
	 * A message as an event without an id.
	 * @param message the members of the message
	 * @return the lines of the event
	 */
	public static String event(Map<String, Object> message) {
		return "event: message\ndata: %s\n\n".formatted(JSON.writeValueAsString(message));
	}

	/**
	 * A request as it came in.
	 *
	 * @param method the method of the protocol, or the HTTP method of a request without
	 * message
	 * @param session the session id it carried
	 * @param token the token it carried
	 * @param message the members of the message
	 * @param lastEventId the event after which it asked for more
	 * @param methodHeader the method in its headers
	 * @param connection the address of the client's end of its connection
	 */
	public record Received(String method, @Nullable String session, @Nullable String token, Map<String, Object> message,
			@Nullable String lastEventId, @Nullable String methodHeader, @Nullable SocketAddress connection) {

		/**
		 * The parameters.
		 * @return the members of {@code params}
		 */
		@SuppressWarnings("unchecked")
		public Map<String, Object> params() {
			return (Map<String, Object>) this.message.getOrDefault("params", Map.of());
		}

		private @Nullable Object progressToken() {
			return (params().get("_meta") instanceof Map<?, ?> meta) ? meta.get("progressToken") : null;
		}

	}

	private record Rule(AtomicInteger left, Predicate<Received> when, Fault fault) {
	}

	/**
	 * The way a request is answered when nothing is scripted.
	 */
	@FunctionalInterface
	public interface Answer {

		/**
		 * Send it.
		 * @return when it was sent
		 */
		Publisher<Void> send();

	}

	/**
	 * Another way to answer a request.
	 */
	@FunctionalInterface
	public interface Fault {

		/**
		 * Answer.
		 * @param request what came in
		 * @param response where the answer goes
		 * @param normal the answer that would be given otherwise
		 * @return when it was sent
		 */
		Publisher<Void> answer(Received request, HttpServerResponse response, Answer normal);

		/**
		 * A status without a body.
		 * @param status the HTTP status
		 * @return the fault
		 */
		static Fault status(int status) {
			return (request, response, normal) -> response.status(status).send();
		}

		/**
		 * A result of the protocol.
		 * @param result its members
		 * @return the fault
		 */
		static Fault result(Map<String, Object> result) {
			return (request, response, normal) -> json(response,
					Map.of("jsonrpc", "2.0", "id", request.message().getOrDefault("id", ""), "result", result));
		}

		/**
		 * A page, as gateways and frameworks answer.
		 * @param status the HTTP status
		 * @return the fault
		 */
		static Fault html(int status) {
			return (request, response, normal) -> response.status(status)
				.header("Content-Type", "text/html")
				.sendString(Mono.just("<html><body>Sorry</body></html>"));
		}

		/**
		 * A status with a JSON-RPC error in the body.
		 * @param status the HTTP status
		 * @param code the error code
		 * @return the fault
		 */
		static Fault error(int status, int code) {
			return (request, response, normal) -> json(response.status(status), Map.of("jsonrpc", "2.0", "id",
					request.message().getOrDefault("id", ""), "error", Map.of("code", code, "message", "scripted")));
		}

		/**
		 * Break the connection once the request has come in.
		 * @return the fault
		 */
		static Fault disconnect() {
			return (request, response, normal) -> Mono.fromRunnable(() -> response.withConnection((connection) -> {
				connection.channel().config().setOption(ChannelOption.SO_LINGER, 0);
				connection.dispose();
			}));
		}

		/**
		 * Start an event stream, send a comment, and break the connection.
		 * @return the fault
		 */
		static Fault cut() {
			return cutAfter(": soon\n\n");
		}

		/**
		 * Start an event stream, send one event, and break the connection.
		 * @param event the event
		 * @return the fault
		 */
		static Fault cutAfter(String event) {
			return (request, response, normal) -> Mono
				.from(events(response, Flux.just(event).concatWith(Flux.error(new IOException("Cut off")))))
				.onErrorResume(IOException.class,
						(ex) -> Mono.fromRunnable(() -> response.withConnection(Connection::dispose)));
		}

		/**
		 * Answer as usual, but not before something else has happened.
		 * @param until what to wait for
		 * @return the fault
		 */
		static Fault hold(Mono<Void> until) {
			return (request, response, normal) -> until.then(Mono.defer(() -> Mono.from(normal.send())));
		}

	}

}
