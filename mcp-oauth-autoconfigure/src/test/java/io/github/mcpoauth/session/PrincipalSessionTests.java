// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that no two principals share an MCP session.
 */
class PrincipalSessionTests {

	private static final String USER = "user";

	private static final GrantKey ALICE = GrantKey.of("demo", "alice");

	private static final GrantKey BOB = GrantKey.of("demo", "bob");

	@RegisterExtension
	final SessionFixture fixture = fixture();

	SessionFixture fixture() {
		return new SessionFixture();
	}

	@BeforeEach
	void principals() {
		this.fixture.manager.principals(PrincipalResolver.fromContext(USER));
		this.fixture.manager.hold(ALICE, "token-alice");
		this.fixture.manager.hold(BOB, "token-bob");
		this.fixture.server.accept("t1", "token-alice", "token-bob");
	}

	@Test
	@DisplayName("Isolation: each session id was used with the token of one principal, and each has their own")
	void callWhenPrincipalsAlternateUsesTheSessionOfEach() {
		McpServerSession session = this.fixture.session();
		Mono<List<String>> answers = Flux.range(0, 60)
			.flatMap((number) -> echo(session, (number % 2 == 0) ? "alice" : "bob"), 20)
			.collectList();
		assertThat(SessionFixture.await(answers)).hasSize(60);
		assertNoSessionIsShared(2);
		assertThat(this.fixture.server.received("tools/call")).filteredOn((call) -> "alice".equals(text(call)))
			.hasSize(30)
			.allSatisfy((call) -> assertThat(call.token()).contains("token-alice"));
	}

	@Test
	@DisplayName("Isolation: sessions of two principals on the same connections each use their own token")
	void callWhenSessionsShareConnectionsUsesTheTokenOfEach() {
		// Each session listens on one, which leaves one for the calls of both
		ConnectionProvider shared = ConnectionProvider.builder("shared")
			.maxConnections(3)
			.pendingAcquireMaxCount(-1)
			.build();
		McpSessions sessions = new McpSessions(this.fixture.manager, new WebFluxSessionTransports(this.fixture.manager,
				() -> WebClient.builder().clientConnector(new ReactorClientHttpConnector(HttpClient.create(shared))),
				SessionFixture.PATIENCE, this.fixture.threads),
				new SessionSettings(Duration.ofSeconds(20), Duration.ofSeconds(20), 3, Duration.ofSeconds(60)),
				List.of(), PrincipalCacheSettings.defaults(), this.fixture.threads);
		McpServerSession session = sessions.get("demo");
		try {
			SessionFixture.await(Flux.range(0, 60)
				.flatMap((number) -> echo(session, (number % 2 == 0) ? "alice" : "bob"), 20)
				.collectList());
			assertNoSessionIsShared(2);
			assertThat(this.fixture.server.received("tools/call")).hasSize(60)
				.allSatisfy((call) -> assertThat(call.token()).isEqualTo("token-" + text(call)));
		}
		finally {
			sessions.closeGracefully().block(SessionFixture.PATIENCE);
			shared.dispose();
		}
	}

	@Test
	@DisplayName("Isolation: a session that is opened anew is still its principal's")
	void callWhenSessionsAreLostOpensOneForEach() {
		McpServerSession session = this.fixture.session();
		echo(session, "alice").block(SessionFixture.PATIENCE);
		echo(session, "bob").block(SessionFixture.PATIENCE);
		this.fixture.server.forgetSessions();
		SessionFixture.await(Flux.range(0, 20)
			.flatMap((number) -> echo(session, (number % 2 == 0) ? "alice" : "bob"), 20)
			.collectList());
		assertNoSessionIsShared(4);
	}

	@Test
	void callWhenContextIsAbsentIsNotSent() {
		assertThatExceptionOfType(PrincipalRequiredException.class).isThrownBy(() -> this.fixture.echo("hello"));
		assertThatExceptionOfType(PrincipalRequiredException.class)
			.isThrownBy(() -> this.fixture.sessions.callTool("demo", "echo", Map.of()).block(SessionFixture.PATIENCE));
		assertThat(this.fixture.server.received()).isEmpty();
	}

	@Test
	void listToolsWhenListingNeedsNoUserUsesTheGrantOfTheApplication() {
		McpServer server = new McpServer("demo", this.fixture.server.url(),
				OAuthSettings.builder().listToolsAsApplication(true).build());
		this.fixture.manager.add(server);
		McpServerSession session = this.fixture.sessions.get("demo");
		assertThat(SessionFixture.await(session.listTools())).isNotEmpty();
		assertThat(this.fixture.server.received("tools/list")).singleElement()
			.satisfies((list) -> assertThat(list.token()).isEqualTo("t1"));
		assertThat(SessionFixture.await(echo(session, "alice"))).isEqualTo("alice");
		assertThat(this.fixture.server.received("tools/call")).singleElement()
			.satisfies((call) -> assertThat(call.token()).isEqualTo("token-alice"));
		assertNoSessionIsShared(2);
	}

	@Test
	void callWhenGrantIsNamedUsesThatOneWhateverTheContextSays() {
		SessionFixture.await(this.fixture.sessions.callTool(BOB, "echo", Map.of("text", "bob"))
			.contextWrite((context) -> context.put(USER, "alice")));
		assertThat(this.fixture.server.received("tools/call")).singleElement()
			.satisfies((call) -> assertThat(call.token()).contains("token-bob"));
		assertThat(this.fixture.sessions.get(BOB)).isSameAs(this.fixture.sessions.get(BOB))
			.isNotSameAs(this.fixture.sessions.get(ALICE));
	}

	@Test
	@DisplayName("Sessions of principals do not leak: the idle are let go, and too many as well")
	void getWhenSessionsAreIdleLetsThemGo() {
		McpServerSession session = this.fixture.session();
		echo(session, "alice").block(SessionFixture.PATIENCE);
		McpServerSession alices = awaitNoCall(ALICE);
		this.fixture.pass(Duration.ofMinutes(20));
		echo(session, "bob").block(SessionFixture.PATIENCE);
		McpServerSession bobs = awaitNoCall(BOB);
		this.fixture.pass(Duration.ofMinutes(20));
		this.fixture.sessions.get(GrantKey.of("demo", "carol"));
		assertThat(this.fixture.sessions.get(BOB)).as("idle for 20 minutes").isSameAs(bobs);
		assertThat(this.fixture.sessions.get(ALICE)).as("idle for 40 minutes").isNotSameAs(alices);
		assertThat(SessionFixture.text(SessionFixture
			.await(alices.callTool(CallToolRequest.builder("echo").arguments(Map.of("text", "alice")).build()))))
			.as("whoever has it still can use it")
			.isEqualTo("alice");
		for (int user = 0; user < 20; user++) {
			this.fixture.pass(Duration.ofSeconds(2));
			this.fixture.sessions.get(GrantKey.of("demo", "user-" + user));
		}
		assertThat(this.fixture.sessions.get(BOB)).as("one of too many").isNotSameAs(bobs);
	}

	@Test
	void reconnectWhenThereArePrincipalsLeavesTheSessionsOfAll() {
		McpServerSession session = this.fixture.session();
		echo(session, "alice").block(SessionFixture.PATIENCE);
		echo(session, "bob").block(SessionFixture.PATIENCE);
		session.reconnect();
		echo(session, "alice").block(SessionFixture.PATIENCE);
		echo(session, "bob").block(SessionFixture.PATIENCE);
		assertNoSessionIsShared(4);
	}

	@Test
	@DisplayName("Isolation: a session that one principal opened is not used with the token of another")
	void requestWhenTheSessionIsSomebodyElsesIsNotSent() {
		WebClient client = WebClient.builder()
			.filter(new McpSessionFilter(() -> this.fixture.manager, SessionFixture.PATIENCE, this.fixture.threads))
			.filter(this.fixture.manager.filter("demo"))
			.build();
		String session = Objects
			.requireNonNull(client.post()
				.uri(this.fixture.server.url())
				.contentType(MediaType.APPLICATION_JSON)
				.accept(MediaType.APPLICATION_JSON, MediaType.TEXT_EVENT_STREAM)
				.bodyValue("""
						{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18",
						"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}""")
				.retrieve()
				.toBodilessEntity()
				.contextWrite((context) -> context.put(USER, "alice"))
				.block(SessionFixture.PATIENCE))
			.getHeaders()
			.getFirst("Mcp-Session-Id");
		int before = this.fixture.server.received().size();
		Mono<Void> call = client.post()
			.uri(this.fixture.server.url())
			.header("Mcp-Session-Id", Objects.requireNonNull(session))
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue("{\"jsonrpc\": \"2.0\", \"id\": 2, \"method\": \"tools/list\"}")
			.retrieve()
			.toBodilessEntity()
			.contextWrite((context) -> context.put(USER, "bob"))
			.then();
		assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> call.block(SessionFixture.PATIENCE))
			.withMessageContaining("opened with the grant of one principal");
		assertThat(this.fixture.server.received()).hasSize(before);
	}

	/**
	 * A caller has its answer a moment before its call has ended.
	 */
	private McpServerSession awaitNoCall(GrantKey key) {
		ManagedSession session = (ManagedSession) this.fixture.sessions.get(key);
		Awaitility.await().atMost(SessionFixture.PATIENCE).until(() -> !session.isCalled());
		return session;
	}

	private static Mono<String> echo(McpServerSession session, String user) {
		return session.callTool(CallToolRequest.builder("echo").arguments(Map.of("text", user)).build())
			.map(SessionFixture::text)
			.contextWrite((context) -> context.put(USER, user))
			.doOnNext((answer) -> assertThat(answer).isEqualTo(user));
	}

	private static String text(Received call) {
		return String.valueOf(((Map<?, ?>) Objects.requireNonNull(call.params().get("arguments"))).get("text"));
	}

	private void assertNoSessionIsShared(int sessions) {
		Map<String, Set<String>> tokens = new HashMap<>();
		for (Received request : this.fixture.server.received()) {
			if (request.session() != null) {
				tokens.computeIfAbsent(request.session(), (id) -> new HashSet<>()).add(String.valueOf(request.token()));
			}
		}
		assertThat(tokens).hasSize(sessions).allSatisfy((id, used) -> assertThat(used).hasSize(1));
	}

}
