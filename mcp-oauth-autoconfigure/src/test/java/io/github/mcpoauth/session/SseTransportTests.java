// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.testing.ScriptedManager;
import io.github.mcpoauth.testing.SseServlet;
import io.github.mcpoauth.testing.TestHttpServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Sessions with a server that speaks only the HTTP+SSE transport of 2024-11-05 (F51).
 */
class SseTransportTests {

	private static final SessionSettings SETTINGS = new SessionSettings(Duration.ofMinutes(5), Duration.ofSeconds(20),
			3, Duration.ofSeconds(60));

	final WorkThreads threads = WorkThreads.platform();

	private final SseServlet server = SseServlet.start();

	private ScriptedManager manager = ScriptedManager.of("demo", this.server.url());

	private McpSessions sessions = sessions();

	SseTransportTests() {
		this.server.accept("t1");
		this.manager.hold("t1");
	}

	@AfterEach
	void stop() {
		this.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		this.server.close();
		this.threads.close();
	}

	SessionTransports transports(ScriptedManager manager) {
		return new WebFluxSessionTransports(manager, WebClient::builder, SETTINGS.connectTimeout(), this.threads);
	}

	private McpSessions sessions() {
		return sessions(transports(this.manager));
	}

	private McpSessions sessions(SessionTransports transports) {
		return new McpSessions(this.manager,
				new SessionClients(transports, SETTINGS, List.of(), this.threads, QuestionRegistry.unanswered()),
				new PrincipalCacheSettings(10, Duration.ofMinutes(30)), System::nanoTime);
	}

	private McpServerSession session() {
		return this.sessions.get("demo");
	}

	private String write() {
		CallToolResult result = SessionFixture
			.await(session().callTool(CallToolRequest.builder("write").arguments(Map.of()).build()));
		return SessionFixture.text(result);
	}

	@Test
	@DisplayName("F51: tools are listed and called, with the token at each address of the server")
	void callWhenTheServerSpeaksOnlyTheOldTransportUsesIt() {
		assertThat(SessionFixture.await(session().listTools())).extracting(Tool::name).containsExactly("write");
		assertThat(write()).isEqualTo("written 1");
		assertThat(this.server.received()).contains("GET /sse Bearer t1", "POST /messages Bearer t1");
	}

	@Test
	@DisplayName("F51: a server that speaks only the transport of 2024-11-05 is named as such where there is no such transport")
	void connectWhenTheServerSpeaksOnlyTheOldTransportSaysSo() {
		SessionTransports streamable = transports(this.manager);
		this.sessions = sessions((server) -> streamable.create(server));
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> SessionFixture.await(session().connect()))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(McpCallException.Reason.REFUSED))
			.withMessageContaining("speaks only the HTTP+SSE transport of 2024-11-05")
			.withMessageContaining("mcp.servers.demo.url");
	}

	@Test
	void connectWhenTheTransportIsKnownDoesNotTryTheOther() {
		SessionFixture.await(session().connect());
		int posts = posts();
		session().reconnect();
		SessionFixture.await(session().connect());
		assertThat(posts()).isEqualTo(posts);
	}

	private int posts() {
		return (int) this.server.received().stream().filter((request) -> request.startsWith("POST /sse")).count();
	}

	@Test
	@DisplayName("F51: a rejected token is replaced")
	void callWhenTheTokenIsRejectedRecovers() {
		SessionFixture.await(session().connect());
		this.server.accept("t2");
		this.manager.recoverWith("t2");
		assertThat(write()).isEqualTo("written 1");
		assertThat(this.server.received()).endsWith("POST /messages Bearer t1", "POST /messages Bearer t2");
	}

	@Test
	void connectWhenALoginIsNeededSaysSo() {
		this.server.accept();
		this.manager.recoverWith(Recovery.reauthorize("there is no login"));
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> SessionFixture.await(session().connect()));
	}

	@Test
	@DisplayName("F51: a session that ended with its stream is opened again before the next call")
	void callWhenTheStreamHasEndedOpensAnother() {
		assertThat(write()).isEqualTo("written 1");
		this.server.endStreams();
		// Its end may arrive after the call was sent, which then has no answer
		assertThat(SessionFixture.await(session().listTools())).hasSize(1);
		assertThat(write()).isEqualTo("written 2");
		assertThat(streams()).isEqualTo(3);
	}

	@Test
	@DisplayName("F51: a session that the server has forgotten is opened again, and the call is made once")
	void callWhenTheSessionIsForgottenOpensAnother() {
		assertThat(write()).isEqualTo("written 1");
		this.server.forgetSession();
		assertThat(write()).isEqualTo("written 2");
		assertThat(this.server.writes()).isEqualTo(2);
	}

	/**
	 * The first one only told which transport it is.
	 */
	private int streams() {
		return (int) this.server.received().stream().filter((request) -> request.startsWith("GET /sse")).count();
	}

	@Test
	@DisplayName("F51: nothing is sent to an address for messages at another origin")
	void connectWhenTheMessagesGoToAnotherOriginFails() {
		try (TestHttpServer other = TestHttpServer.start();
				SseServlet foreign = SseServlet.startWithMessagesAt(other.url().toString())) {
			foreign.accept("t1");
			this.manager = ScriptedManager.of("demo", foreign.url());
			this.manager.hold("t1");
			this.sessions = sessions();
			assertThatExceptionOfType(McpCallException.class)
				.isThrownBy(() -> SessionFixture.await(session().connect()))
				.withMessageContaining("'mcp.servers.demo.url'");
			assertThat(other.requests()).isEmpty();
			this.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		}
	}

}
