// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.session.HeldSession.ServerSession;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The work of sessions that callers join: the rebuild of a session and the handshake of a
 * connection. Each ends in every way, and the next call works.
 */
class SessionJoinPointTests {

	private static final Duration PATIENCE = Duration.ofSeconds(15);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final WorkThreads threads = WorkThreads.of(Schedulers.immediate(), Schedulers.immediate(), this.time,
			System::nanoTime);

	@RegisterExtension
	final SessionFixture fixture = new SessionFixture(this.time);

	@ParameterizedTest(name = "{0}")
	@MethodSource("ends")
	@DisplayName("Law 16: a rebuild of a session ends in every way, and the next one works")
	void rebuildWhenTheHandshakeEndsInAnyWayTheNextOneWorks(String name, ExchangeFunction server, String end) {
		HeldSession session = held();
		ServerSession lost = session.current();
		List<String> heard = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			session.rebuild(lost, new Handshake(session.initialize(), server))
				.subscribe((next) -> heard.add("session " + next.id()),
						(ex) -> heard.add(ex.getClass().getSimpleName()));
		}
		this.time.advanceTimeBy(PATIENCE);
		assertThat(heard).hasSize(3).containsOnly(end);
		if (end.startsWith("session")) {
			return;
		}
		session.rebuild(lost, new Handshake(session.initialize(), answering("2")))
			.subscribe((next) -> heard.add("session " + next.id()));
		assertThat(heard).hasSize(4).endsWith("session 2");
	}

	static Stream<Arguments> ends() {
		return Stream.of(Arguments.of("value", answering("1"), "session 1"),
				Arguments.of("empty", (ExchangeFunction) (request) -> Mono.empty(), "IllegalStateException"),
				Arguments.of("error", (ExchangeFunction) (request) -> Mono.error(new IllegalArgumentException()),
						"IllegalArgumentException"),
				Arguments.of("exception while assembling", (ExchangeFunction) (request) -> {
					throw new IllegalArgumentException();
				}, "IllegalArgumentException"), Arguments.of("Error", (ExchangeFunction) (request) -> {
					throw new NoClassDefFoundError();
				}, "NoClassDefFoundError"),
				Arguments.of("Error while subscribing", (ExchangeFunction) (request) -> Mono.defer(() -> {
					throw new NoClassDefFoundError();
				}), "NoClassDefFoundError"),
				Arguments.of("never", (ExchangeFunction) (request) -> Mono.never(), "TimeoutException"));
	}

	@Test
	@DisplayName("Law 16: a session that opens after its deadline is used, or ended if it was replaced")
	void rebuildWhenTheAnswerIsLateUsesOrEndsIt() {
		HeldSession session = held();
		ServerSession lost = session.current();
		Sinks.One<ClientResponse> late = Sinks.one();
		List<String> deleted = new ArrayList<>();
		ExchangeFunction slow = (request) -> {
			if (HttpMethod.DELETE.equals(request.method())) {
				deleted.add(String.valueOf(request.headers().getFirst("Mcp-Session-Id")));
			}
			return (request.headers().getFirst("Mcp-Session-Id") != null) ? Mono.just(accepted()) : late.asMono();
		};
		List<Object> heard = new ArrayList<>();
		session.rebuild(lost, new Handshake(session.initialize(), slow)).subscribe(heard::add, heard::add);
		this.time.advanceTimeBy(PATIENCE);
		assertThat(heard).singleElement().isInstanceOf(TimeoutException.class);
		session.rebuild(lost, new Handshake(session.initialize(), answering("2"))).subscribe(heard::add);
		late.tryEmitValue(opened("1"));
		assertThat(session.current().id()).isEqualTo("2");
		assertThat(deleted).containsExactly("1");
	}

	@Test
	@DisplayName("Law 1: a waiter that goes away takes the rebuild from no other")
	void rebuildWhenAWaiterIsCancelledServesTheOthers() {
		HeldSession session = held();
		ServerSession lost = session.current();
		Sinks.One<ClientResponse> answer = Sinks.one();
		ExchangeFunction server = (request) -> answer.asMono();
		Disposable first = session.rebuild(lost, new Handshake(session.initialize(), server)).subscribe();
		List<String> heard = new ArrayList<>();
		session.rebuild(lost, new Handshake(session.initialize(), answering("2")))
			.subscribe((next) -> heard.add(String.valueOf(next.id())));
		first.dispose();
		answer.tryEmitValue(opened("1"));
		assertThat(heard).containsExactly("1");
	}

	@Test
	@DisplayName("X8: one unanswered initialize while a session is rebuilt does not end the session for good")
	void callToolWhenARebuildIsNeverAnsweredTheNextCallWorks() throws InterruptedException {
		this.fixture.echo("hello");
		this.fixture.server.forgetSessions();
		Sinks.Empty<Void> held = Sinks.empty();
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"),
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(Mono.never())));
		BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
		this.fixture.call("echo", Map.of("text", "lost")).subscribe(ends::add, ends::add);
		held.asMono().block(SessionFixture.PATIENCE);
		this.time.advanceTimeBy(SessionFixture.PATIENCE);
		assertThat(ends.poll(30, TimeUnit.SECONDS)).isInstanceOf(McpCallException.class);
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("handshakes")
	@DisplayName("Law 16: the handshake of a connection ends in every way, and the next connection works")
	void readyWhenTheHandshakeEndsInAnyWayTheNextOneWorks(String name, Supplier<Mono<Void>> connect, boolean answers) {
		ClientConnection connection = connection(new FakeTransport(connect, answers));
		List<Object> heard = new ArrayList<>();
		Disposable cancelled = connection.ready().onErrorComplete().subscribe(heard::add);
		cancelled.dispose();
		connection.ready().subscribe(heard::add, heard::add);
		this.time.advanceTimeBy(PATIENCE.multipliedBy(2));
		assertThat(heard).singleElement().isInstanceOf(Throwable.class);
		assertThat(connection.isBroken()).isTrue();
		ClientConnection next = connection(new FakeTransport(Mono::empty, true));
		assertThat(next.ready().block(SessionFixture.PATIENCE)).isNotNull();
	}

	static Stream<Arguments> handshakes() {
		return Stream.of(handshake("error", () -> Mono.error(new IllegalStateException()), false),
				handshake("exception while assembling", () -> {
					throw new IllegalStateException();
				}, false), handshake("Error", () -> {
					throw new NoClassDefFoundError();
				}, false), handshake("never", Mono::never, false), handshake("never answered", Mono::empty, false));
	}

	private static Arguments handshake(String name, Supplier<Mono<Void>> connect, boolean answers) {
		return Arguments.of(name, connect, answers);
	}

	@Test
	@DisplayName("Law 17: a customizer that throws costs its additions and not the session")
	void connectWhenACustomizerThrowsConnectsAllTheSame() {
		AtomicInteger asked = new AtomicInteger();
		SessionFixture broken = new SessionFixture(
				new SessionSettings(SessionFixture.FOREVER, Duration.ofSeconds(20), 3, Duration.ofSeconds(60)),
				(server, client) -> {
					asked.incrementAndGet();
					throw new IllegalStateException("no");
				});
		try {
			assertThat(SessionFixture.text(broken.echo("hello"))).isEqualTo("hello");
			assertThat(asked).hasValue(1);
		}
		finally {
			broken.close();
		}
	}

	@Test
	@DisplayName("X20: a list whose cursor repeats ends with an error that says so")
	void listToolsWhenTheCursorRepeatsEndsWithAnError() {
		CallToolResult hello = this.fixture.echo("hello");
		assertThat(hello).isNotNull();
		this.fixture.server.script(Integer.MAX_VALUE, (request) -> request.method().equals("tools/list"),
				Fault.result(Map.of("tools", List.of(), "nextCursor", "same")));
		assertThatExceptionOfType(McpCallException.class)
			.isThrownBy(() -> SessionFixture.await(this.fixture.session().listTools()))
			.withMessageContaining("repeats a cursor");
		assertThat(this.fixture.server.received("tools/list")).hasSize(2);
	}

	@Test
	@DisplayName("X20: a list that never ends is bounded")
	void listToolsWhenThereAreAlwaysMorePagesEndsWithAnError() {
		this.fixture.echo("hello");
		AtomicInteger page = new AtomicInteger();
		this.fixture.server.script(Integer.MAX_VALUE, (request) -> request.method().equals("tools/list"),
				(request, response, normal) -> Fault
					.result(Map.of("tools", List.of(), "nextCursor", "page " + page.incrementAndGet()))
					.answer(request, response, normal));
		assertThatExceptionOfType(McpCallException.class)
			.isThrownBy(() -> SessionFixture.await(this.fixture.session().listTools()))
			.withMessageContaining("more than 1000 pages");
	}

	private HeldSession held() {
		ClientRequest initialize = ClientRequest.create(HttpMethod.POST, URI.create("http://localhost/mcp")).build();
		return new HeldSession(GrantKey.of("demo"), initialize, "0", PATIENCE, this.threads);
	}

	private static ExchangeFunction answering(String session) {
		return (request) -> Mono
			.just((request.headers().getFirst("Mcp-Session-Id") == null) ? opened(session) : accepted());
	}

	private static ClientResponse opened(String session) {
		return ClientResponse.create(HttpStatus.OK)
			.header("Mcp-Session-Id", session)
			.header("Content-Type", "application/json")
			.body("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-06-18\"}}")
			.build();
	}

	private static ClientResponse accepted() {
		return ClientResponse.create(HttpStatus.ACCEPTED).build();
	}

	private ClientConnection connection(McpClientTransport transport) {
		SessionClients clients = new SessionClients((server) -> transport, SessionSettings.defaults(), List.of(),
				this.threads, QuestionRegistry.unanswered());
		LegacyQuestions questions = new LegacyQuestions(GrantKey.of("demo"), clients);
		return new ClientConnection(new LegacyClient(McpClient.async(transport)
			.requestTimeout(SessionFixture.FOREVER)
			.initializationTimeout(SessionFixture.FOREVER)
			.build(), questions, new LegacyProgress(), new LegacyChanges(clients)), PATIENCE, this.threads);
	}

	/**
	 * A transport whose server answers {@code initialize} or nothing.
	 */
	private static final class FakeTransport implements McpClientTransport {

		private final Supplier<Mono<Void>> connect;

		private final boolean answers;

		private @Nullable Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler;

		FakeTransport(Supplier<Mono<Void>> connect, boolean answers) {
			this.connect = connect;
			this.answers = answers;
		}

		@Override
		public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler) {
			this.handler = handler;
			return this.connect.get();
		}

		@Override
		public Mono<Void> sendMessage(JSONRPCMessage message) {
			if (this.answers && this.handler != null && message instanceof JSONRPCRequest request) {
				Map<String, Object> result = Map.of("protocolVersion", "2025-06-18", "capabilities", Map.of(),
						"serverInfo", Map.of("name", "fake", "version", "1"));
				return this.handler.apply(Mono.just(new JSONRPCResponse("2.0", request.id(), result, null))).then();
			}
			return Mono.empty();
		}

		@Override
		public Mono<Void> closeGracefully() {
			return Mono.empty();
		}

		@Override
		public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
			return McpJsonDefaults.getMapper().convertValue(data, type);
		}

		@Override
		public List<String> protocolVersions() {
			return List.of("2025-06-18");
		}

	}

}
