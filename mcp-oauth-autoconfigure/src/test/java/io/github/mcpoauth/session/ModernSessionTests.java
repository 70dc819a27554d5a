// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteReference;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest.CompleteArgument;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest.CompleteContext;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ResourceReference;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

/**
 * Sessions with a server of the protocol of 2026-07-28, which has none, and with servers
 * that change their protocol.
 */
class ModernSessionTests {

	final SessionFixture fixture = fixture();

	SessionFixture fixture() {
		return new SessionFixture();
	}

	@BeforeEach
	void speakModern() {
		this.fixture.server.speak(McpServer.Protocol.MODERN);
	}

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void callToolWhenServerIsModernNeedsNoHandshake() {
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received()).extracting(Received::method, Received::token, Received::session)
			.containsExactly(tuple("server/discover", "t1", null), tuple("tools/list", "t1", null),
					tuple("tools/call", "t1", null), tuple("tools/call", "t1", null));
	}

	@Test
	void connectWhenServerIsModernAnswersItsDescription() {
		InitializeResult description = SessionFixture.await(this.fixture.session().connect());
		assertThat(description.protocolVersion()).isEqualTo("2026-07-28");
		assertThat(description.serverInfo().name()).isEqualTo("modern");
		assertThat(description.instructions()).isEqualTo("Be kind");
		assertThat(description.capabilities().tools()).isNotNull();
		SessionFixture.await(this.fixture.session().connect());
		assertThat(this.fixture.server.received()).hasSize(1);
	}

	@Test
	void operationsWhenServerIsModernAnswer() {
		McpServerSession session = this.fixture.session();
		assertThat(SessionFixture.await(session.listTools())).extracting(Tool::name)
			.contains("echo", "write", "region");
		assertThat(SessionFixture.await(session.listResources())).hasSize(1);
		assertThat(SessionFixture.await(session.readResource(ReadResourceRequest.builder("memo://one").build()))
			.contents()).singleElement()
			.isInstanceOfSatisfying(TextResourceContents.class,
					(contents) -> assertThat(contents.text()).isEqualTo("remember"));
		assertThat(SessionFixture.await(session.listResourceTemplates())).extracting(ResourceTemplate::uriTemplate)
			.containsExactly("memo://{tone}");
		assertThat(SessionFixture.await(session.listPrompts())).hasSize(1);
		assertThat(SessionFixture.await(session.getPrompt(GetPromptRequest.builder("greet").build())).messages())
			.hasSize(1);
	}

	@Test
	void listToolsWhenServerAllowsKeepsThemForThatTime() {
		McpServerSession session = this.fixture.session();
		SessionFixture.await(session.listTools());
		this.fixture.server.script(1, (request) -> request.method().equals("tools/list"),
				Fault.result(Map.of("tools", List.of(), "ttlMs", 600_000, "cacheScope", "private")));
		assertThat(SessionFixture.await(session.listTools())).isEmpty();
		assertThat(SessionFixture.await(session.listTools())).isEmpty();
		assertThat(this.fixture.server.received("tools/list")).hasSize(2);
		session.reconnect();
		assertThat(SessionFixture.await(session.listTools())).isNotEmpty();
	}

	@Test
	void completeWhenServerIsModernAnswersValues() {
		CompleteContext context = CompleteContext.builder().arguments(Map.of("place", "Bern")).build();
		assertThat(complete(new PromptReference("greet"), context)).containsExactly("kind of Bern");
		assertThat(complete(new ResourceReference("memo://{tone}"), null)).containsExactly("kind of null");
	}

	private List<String> complete(CompleteReference reference, @Nullable CompleteContext context) {
		CompleteRequest.Builder request = CompleteRequest.builder(reference, new CompleteArgument("tone", "kind"));
		if (context != null) {
			request.context(context);
		}
		return SessionFixture.await(this.fixture.session().complete(request.build())).completion().values();
	}

	@Test
	void callToolWhenAnswerIsAStreamAnswers() {
		assertThat(SessionFixture.text(SessionFixture.await(this.fixture.call("slow", Map.of())))).isEqualTo("slowly");
	}

	@ParameterizedTest
	@CsvSource({ "LEGACY, echo, hello", "MODERN, slow, slowly" })
	@DisplayName("Reports of progress are heard in either protocol, and a failing listener ends nothing")
	void callToolWhenServerReportsProgressIsHeard(McpServer.Protocol protocol, String tool, String answer)
			throws InterruptedException {
		this.fixture.server.speak(protocol);
		this.fixture.server.answerAsEvents();
		BlockingQueue<Double> reports = new LinkedBlockingQueue<>();
		CallToolRequest request = CallToolRequest.builder(tool).arguments(Map.of("text", "hello")).build();
		assertThat(SessionFixture.text(SessionFixture.await(this.fixture.session().callTool(request, (report) -> {
			reports.add(report.progress());
			throw new IllegalStateException("The listener failed");
		})))).isEqualTo(answer);
		assertThat(reports.poll(30, TimeUnit.SECONDS)).isEqualTo(0.5);
	}

	@Test
	void callToolWhenAnswerIsLargeAnswers() {
		assertThat(SessionFixture.text(SessionFixture.await(this.fixture.call("big", Map.of("size", 2_000_000)))))
			.hasSize(2_000_000);
	}

	@Test
	void callToolWhenToolHasFailedAnswersItsError() {
		assertThat(SessionFixture.await(this.fixture.call("fail", Map.of())).isError()).isTrue();
	}

	@Test
	void callToolWhenToolIsUnknownSendsNoCall() {
		assertThatExceptionOfType(UnknownToolException.class)
			.isThrownBy(() -> SessionFixture.await(this.fixture.call("erase", Map.of())));
		assertThat(this.fixture.server.received("tools/call")).isEmpty();
	}

	@Test
	void callToolWhenTokenIsRejectedIsSentAgainOnce() {
		this.fixture.echo("hello");
		this.fixture.server.accept("t2");
		this.fixture.manager.recoverWith("t2");
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 1");
		assertThat(this.fixture.server.received("tools/call").stream().map(Received::token)).containsExactly("t1", "t1",
				"t2");
		assertThat(this.fixture.server.received("server/discover")).hasSize(1);
	}

	@Test
	void callToolWhenLoginIsRequiredAnswersNeedsReauthAndAsksNoMore() {
		this.fixture.echo("hello");
		this.fixture.server.accept();
		assertThat(SessionFixture.members(this.fixture.echo("again"))).containsEntry("needs_reauth", true);
		int requests = this.fixture.server.received().size();
		assertThat(SessionFixture.members(this.fixture.echo("again"))).containsEntry("needs_reauth", true);
		assertThat(this.fixture.server.received()).hasSize(requests);
		this.fixture.server.accept("t9");
		this.fixture.manager.hold("t9");
		assertThat(SessionFixture.text(this.fixture.echo("after"))).isEqualTo("after");
	}

	@Test
	void callToolWhenLoginIsRequiredFromTheFirstRequestWorksAfterIt() {
		this.fixture.server.accept();
		assertThat(SessionFixture.members(this.fixture.echo("hello"))).containsEntry("needs_reauth", true);
		this.fixture.server.accept("t9");
		this.fixture.manager.hold("t9");
		assertThat(SessionFixture.text(this.fixture.echo("after"))).isEqualTo("after");
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(() -> {
			this.fixture.server.accept();
			SessionFixture.await(this.fixture.session().listPrompts());
		});
	}

	@Test
	@DisplayName("A modern server that refuses initialize before it asks for a token")
	void callToolWhenLoginIsRequiredAndInitializeIsRefusedNeedsReauth() {
		this.fixture.server.accept();
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"), Fault.error(400, -32602));
		assertThat(SessionFixture.members(this.fixture.echo("hello"))).containsEntry("needs_reauth", true);
	}

	@ParameterizedTest
	@ValueSource(ints = { -32602, -32022 })
	@DisplayName("A modern server whose first answer is lost")
	void callToolWhenServerIsModernAndFirstAnswerIsLostAsksAgain(int refusal) {
		this.fixture.server.script(1, (request) -> request.method().equals("server/discover"), Fault.disconnect());
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"), Fault.error(400, refusal));
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 1");
	}

	@Test
	@DisplayName("A write without an answer is not sent again")
	void callToolWhenStreamBreaksOffIsUncertain() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, ModernSessionTests::isCall, Fault.cut());
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("outcome_uncertain", true);
		this.fixture.server.script(1, ModernSessionTests::isCall, Fault.disconnect());
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("outcome_uncertain", true);
		this.fixture.server.script(1, ModernSessionTests::isCall, Fault.status(502));
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("outcome_uncertain", true);
		assertThat(this.fixture.server.received("tools/call")).hasSize(4);
	}

	@Test
	@DisplayName("A list of tools that fails before the call is no uncertain outcome")
	void callToolWhenItsToolCannotBeListedWasNotSent() {
		SessionFixture.await(this.fixture.session().connect());
		this.fixture.server.script(1, (request) -> request.method().equals("tools/list"), Fault.disconnect());
		assertThatExceptionOfType(McpCallException.class).isThrownBy(this.fixture::write)
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 1");
	}

	@Test
	@DisplayName("A read whose stream breaks off is a new request")
	void readResourceWhenStreamBreaksOffIsRequestedAgain() {
		McpServerSession session = this.fixture.session();
		SessionFixture.await(session.connect());
		this.fixture.server.script(1, (request) -> request.method().equals("resources/read"), Fault.cut());
		assertThat(SessionFixture.await(session.readResource(ReadResourceRequest.builder("memo://one").build()))
			.contents()).hasSize(1);
		assertThat(this.fixture.server.received("resources/read")).hasSize(2);
	}

	@Test
	void callToolWhenServerFailsAgainAndAgainIsPaused() {
		this.fixture.echo("hello");
		this.fixture.server.script(3, ModernSessionTests::isCall, Fault.status(503));
		for (int i = 0; i < 3; i++) {
			assertThatExceptionOfType(McpCallException.class).isThrownBy(this.fixture::write);
		}
		int requests = this.fixture.server.received().size();
		assertThatExceptionOfType(McpCallException.class).isThrownBy(this.fixture::write)
			.withMessageContaining("are paused");
		assertThat(this.fixture.server.received()).hasSize(requests);
	}

	@Test
	void callToolWhenServerIsAskedByManyAtOnceAsksForItsProtocolOnce() {
		assertThat(Flux.range(0, 20)
			.flatMap((index) -> this.fixture.call("write", Map.of()), 20)
			.collectList()
			.block(SessionFixture.PATIENCE)).hasSize(20);
		assertThat(this.fixture.server.writes()).isEqualTo(20);
		assertThat(this.fixture.server.received("server/discover")).hasSize(1);
	}

	@Test
	@DisplayName("A server that is upgraded while the application runs")
	void callToolWhenServerIsUpgradedGoesOnInTheSameCall() {
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 1");
		this.fixture.server.forgetSessions();
		this.fixture.server.speak(McpServer.Protocol.MODERN);
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 2");
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 3");
		assertThat(this.fixture.server.writes()).isEqualTo(3);
	}

	@Test
	@DisplayName("A server that is rolled back while the application runs")
	void callToolWhenServerIsDowngradedGoesOnInTheSameCall() {
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 1");
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 2");
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("written 3");
		assertThat(this.fixture.server.writes()).isEqualTo(3);
		assertThat(this.fixture.server.received("initialize")).hasSize(1);
	}

	@Test
	void reconnectWhenServerWasUpgradedMeanwhileFindsOut() {
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		this.fixture.echo("hello");
		this.fixture.server.speak(McpServer.Protocol.MODERN);
		this.fixture.session().reconnect();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	@DisplayName("An error of a tool does not send the call again, whatever its code is")
	void callToolWhenErrorLooksLikeAnotherProtocolIsNotSentAgain() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, ModernSessionTests::isCall, Fault.error(200, -32602));
		assertThatExceptionOfType(McpCallException.class).isThrownBy(this.fixture::write)
			.satisfies((ex) -> assertThat(ex.getErrorCode()).isEqualTo(-32602));
		assertThat(this.fixture.server.received("tools/call")).hasSize(2);
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		this.fixture.echo("legacy");
		int calls = this.fixture.server.received("tools/call").size();
		this.fixture.server.script(1, ModernSessionTests::isCall, Fault.error(400, -32020));
		assertThatExceptionOfType(McpCallException.class).isThrownBy(this.fixture::write)
			.satisfies((ex) -> assertThat(ex.getErrorCode()).isEqualTo(-32020));
		assertThat(this.fixture.server.received("tools/call")).hasSize(calls + 1);
		assertThat(this.fixture.server.sessions()).as("the session is left as it is").isEqualTo(1);
	}

	@Test
	void callToolWhenServerSpeaksBothUsesTheNewerProtocol() {
		this.fixture.server.speak(McpServer.Protocol.AUTO);
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		assertThat(this.fixture.server.received("initialize")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(ints = { 400, 404, 405, 406, 415, 500, 501 })
	@DisplayName("A server of the older protocol refuses the question in any way and works")
	void callToolWhenServerIsLegacyInitializes(int status) {
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		this.fixture.server.script(1, (request) -> request.method().equals("server/discover"), Fault.status(status));
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		this.fixture.session().reconnect();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received("server/discover")).as("asked once").hasSize(1);
	}

	@Test
	void callToolWhenServerIsLegacyAndAnswersAnythingInitializes() {
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		Stream
			.of(Fault.result(Map.of()), Fault.html(200), Fault.error(200, -32601), Fault.error(200, -32602),
					Fault.error(400, -32000), Fault.disconnect(), Fault.cut())
			.forEach((fault) -> {
				try (SessionFixture other = fixture()) {
					other.server.script(1, (request) -> request.method().equals("server/discover"), fault);
					assertThat(SessionFixture.text(other.echo("hello"))).isEqualTo("hello");
				}
			});
	}

	@Test
	@DisplayName("A session that a server opens for the question is ended")
	void callToolWhenServerOpensASessionForTheQuestionEndsIt() {
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		this.fixture.server.script(1, (request) -> request.method().equals("server/discover"),
				(request, response, normal) -> ScriptedMcpServer.json(response.header("Mcp-Session-Id", "stray"),
						Map.of("jsonrpc", "2.0", "id", 1, "error", Map.of("code", -32602, "message", "No"))));
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		Awaitility.await()
			.atMost(SessionFixture.PATIENCE)
			.untilAsserted(() -> assertThat(this.fixture.server.received("DELETE")).extracting(Received::session)
				.containsExactly("stray"));
	}

	@Test
	void callToolWhenServerIsBusyDoesNotTryTheOtherProtocol() {
		this.fixture.server.script(1, (request) -> request.method().equals("server/discover"), Fault.status(503));
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("hello"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
		assertThat(this.fixture.methods()).isEmpty();
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
	}

	@Test
	void callToolWhenProtocolIsConfiguredDoesNotAsk() {
		this.fixture.server.speak(McpServer.Protocol.AUTO);
		configure(McpServer.Protocol.LEGACY);
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		assertThat(this.fixture.server.received("server/discover")).isEmpty();
		configure(McpServer.Protocol.MODERN);
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		assertThat(this.fixture.server.received("initialize")).hasSize(1);
	}

	@Test
	void callToolWhenModernIsConfiguredAndServerIsNotSaysSo() {
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
		configure(McpServer.Protocol.MODERN);
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("hello"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.REFUSED))
			.withMessageContaining("404");
		assertThat(this.fixture.server.received("initialize")).isEmpty();
	}

	@Test
	@DisplayName("The filter for sessions leaves the errors of the newer protocol to its client")
	void filterWhenRequestIsOfTheModernProtocolPassesItOn() {
		McpSessionFilter filter = new McpSessionFilter(() -> this.fixture.manager, SessionFixture.PATIENCE,
				this.fixture.threads);
		ClientRequest request = ClientRequest.create(HttpMethod.POST, this.fixture.server.url())
			.header("Mcp-Method", "tools/call")
			.build();
		ClientResponse refusal = ClientResponse.create(HttpStatus.BAD_REQUEST).build();
		assertThat(SessionFixture.await(filter.filter(request, (sent) -> Mono.just(refusal)))).isSameAs(refusal);
	}

	private void configure(McpServer.Protocol protocol) {
		this.fixture.manager.add(List.copyOf(this.fixture.manager.servers()).get(0).withProtocol(protocol));
	}

	private static boolean isCall(Received request) {
		return request.method().equals("tools/call");
	}

}
