// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

/**
 * Sessions that the server forgets, refuses or cuts off.
 */
class SessionHealingTests {

	@RegisterExtension
	final SessionFixture fixture = fixture();

	SessionFixture fixture() {
		return new SessionFixture();
	}

	@Test
	void callToolWhenSessionIsForgottenIsSentAgainOnANewOne() {
		this.fixture.echo("hello");
		this.fixture.server.forgetSessions();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void callToolWhenServerRepeatsTheSessionIdDoesNotPuzzleTheClient(CapturedOutput output) {
		this.fixture.echo("hello");
		this.fixture.server.forgetSessions();
		this.fixture.echo("again");
		assertThat(output).doesNotContain("Different session id");
	}

	@Test
	@DisplayName("F25 one token and one session per call, in that order")
	void callToolWhenTokenAndSessionAreGoneGetsOneOfEach() {
		this.fixture.echo("hello");
		this.fixture.server.forgetSessions();
		this.fixture.server.accept("t2");
		this.fixture.manager.recoverWith("t2");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.manager.rejections()).hasSize(1);
		assertThat(this.fixture.methods()).containsExactly("initialize", "notifications/initialized", "tools/call",
				"tools/call", "tools/call", "initialize", "notifications/initialized", "tools/call");
	}

	@Test
	@DisplayName("F25 401 and 404 do not chase each other")
	void callToolWhenServerAlternatesBetweenRefusalsGivesUp() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.status(401));
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.status(404));
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.status(401));
		this.fixture.server.script(100, SessionHealingTests::isCall, Fault.status(404));
		this.fixture.server.accept("t1", "t2", "t3");
		this.fixture.manager.recoverWith("t2");
		this.fixture.manager.recoverWith("t3");
		CallToolResult result = this.fixture.echo("again");
		assertThat(SessionFixture.members(result)).containsEntry("needs_reauth", true);
		assertThat(this.fixture.server.received("tools/call")).hasSize(4);
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
		assertThat(this.fixture.manager.rejections()).extracting("replayed").containsExactly(false, true);
	}

	@Test
	@DisplayName("F25 a 500 triggers neither")
	void callToolWhenServerFailsRecoversNothing() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.status(500));
		assertThat(SessionFixture.members(this.fixture.echo("again"))).containsEntry("outcome_uncertain", true)
			.doesNotContainKey("needs_reauth");
		assertThat(this.fixture.manager.rejections()).isEmpty();
		assertThat(this.fixture.methods()).containsExactly("initialize", "notifications/initialized", "tools/call",
				"tools/call");
	}

	@Test
	void callToolWhenExpiredSessionIsRefusedAsUnauthorizedGetsANewOne() {
		this.fixture.echo("hello");
		String expired = String.valueOf(this.fixture.server.received("tools/call").get(0).session());
		this.fixture.server.script(100, (request) -> expired.equals(request.session()), Fault.status(401));
		this.fixture.server.accept("t1", "t2");
		this.fixture.manager.recoverWith("t2");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
		assertThat(this.fixture.manager.rejections()).as("the second is not held against the new token")
			.extracting(Rejection::replayed, Rejection::session)
			.containsExactly(tuple(false, true), tuple(true, true));
	}

	@Test
	@DisplayName("A new session that cannot be opened just now says nothing against the login")
	void callToolWhenRefusedAndServerGoesAwayNeedsNoLogin() {
		this.fixture.echo("hello");
		this.fixture.server.script(2, SessionHealingTests::isCall, Fault.status(401));
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"), Fault.disconnect());
		this.fixture.server.accept("t1", "t2");
		this.fixture.manager.recoverWith("t2");
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("again"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	void callToolWhenNobodyHasLoggedInDoesNotTryAnotherSession() {
		this.fixture.manager.hold(null);
		this.fixture.server.acceptAnonymousInitialize();
		assertThat(SessionFixture.members(this.fixture.echo("hello"))).containsEntry("needs_reauth", true);
		assertThat(this.fixture.server.received("initialize")).hasSize(1);
		assertThat(this.fixture.server.received("tools/call")).hasSize(1);
	}

	@Test
	void callToolWhenSessionIsUnknownByBadRequestGetsANewOne() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.error(400, -32000));
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.status(400));
		assertThat(SessionFixture.text(this.fixture.echo("once more"))).isEqualTo("once more");
		assertThat(this.fixture.server.received("initialize")).hasSize(3);
	}

	@Test
	void callToolWhenArgumentsAreRefusedByBadRequestKeepsTheSession() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.error(400, -32602));
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("again"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.REFUSED))
			.satisfies((ex) -> assertThat(ex.getErrorCode()).isEqualTo(-32602));
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received("initialize")).hasSize(1);
	}

	@Test
	void callToolWhenRefusalCarriesAnErrorOfTheProtocolIsRecoveredAllTheSame() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.error(401, -32001));
		this.fixture.server.accept("t2");
		this.fixture.manager.recoverWith("t2");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	@DisplayName("Ten parallel calls over a dying session end as ten results")
	void callToolWhenManyLoseTheSameSessionShareTheNextOne() {
		this.fixture.echo("hello");
		this.fixture.server.forgetSessions();
		List<String> texts = Flux.range(0, 10)
			.flatMap((index) -> this.fixture.call("echo", Map.of("text", "call " + index)), 10)
			.map(SessionFixture::text)
			.collectList()
			.block(SessionFixture.PATIENCE);
		assertThat(texts)
			.containsExactlyInAnyOrderElementsOf(IntStream.range(0, 10).mapToObj((index) -> "call " + index).toList());
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
	}

	@Test
	void callToolWhenSessionDiesUnderCallsInFlightLetsThemEnd() {
		this.fixture.echo("hello");
		Sinks.Empty<Void> release = Sinks.empty();
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.hold(release.asMono()));
		Mono<CallToolResult> slow = this.fixture.call("echo", Map.of("text", "slow")).cache();
		slow.subscribe();
		Mono.defer(() -> Mono.just(this.fixture.server.received("tools/call").size()))
			.filter((size) -> size == 2)
			.repeatWhenEmpty((again) -> again.delayElements(Duration.ofMillis(5)))
			.block(SessionFixture.PATIENCE);
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.status(404));
		assertThat(SessionFixture.text(this.fixture.echo("quick"))).isEqualTo("quick");
		release.tryEmitEmpty();
		assertThat(SessionFixture.text(SessionFixture.await(slow))).isEqualTo("slow");
	}

	@Test
	void callToolWhenServerWasRestartedConnectsAgain() {
		this.fixture.echo("hello");
		this.fixture.server.stop();
		this.fixture.server.comeBack();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	void callToolWhenServerIsDownSaysSoAndComesBack() {
		this.fixture.echo("hello");
		this.fixture.server.stop();
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("again"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
		this.fixture.server.comeBack();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	@DisplayName("F26 a write whose connection breaks is not sent again")
	void callToolWhenConnectionBreaksSaysThatTheOutcomeIsUncertain() {
		this.fixture.write();
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.disconnect());
		CallToolResult result = this.fixture.write();
		assertThat(result.isError()).isTrue();
		assertThat(SessionFixture.members(result)).containsEntry("outcome_uncertain", true)
			.containsEntry("server", "demo")
			.doesNotContainKey("needs_reauth");
		assertThat(SessionFixture.text(result)).contains("\"outcome_uncertain\":true");
		assertThat(this.fixture.server.received("tools/call")).hasSize(2);
		assertThat(this.fixture.server.writes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F26 a write whose answer is cut off is not sent again")
	void callToolWhenEventStreamIsCutSaysSoAtOnce() {
		this.fixture.write();
		this.fixture.server.script(1, SessionHealingTests::isCall, Fault.cut());
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("outcome_uncertain", true);
		assertThat(this.fixture.server.received("tools/call")).hasSize(2);
	}

	@Test
	void callToolWhenEventStreamCanBeResumedGetsTheRestOfTheAnswer() {
		this.fixture.write();
		this.fixture.server.script(1, SessionHealingTests::isCall,
				Fault.cutAfter("id: e1\n" + ScriptedMcpServer.event(Map.of("jsonrpc", "2.0", "method",
						"notifications/message", "params", Map.of("level", "info", "data", "under way")))));
		this.fixture.server.script(1, (request) -> "e1".equals(request.lastEventId()),
				(request, response, normal) -> ScriptedMcpServer.events(response,
						Flux.just(ScriptedMcpServer.event(Map.of("jsonrpc", "2.0", "id",
								this.fixture.server.received("tools/call").get(1).message().get("id"), "result",
								Map.of("content", List.of(Map.of("type", "text", "text", "the rest"))))))));
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("the rest");
		assertThat(this.fixture.server.received("tools/call")).hasSize(2);
	}

	@Test
	@DisplayName("A server that holds no connection during a call ends its streams, and is asked for the rest")
	void callToolWhenServerEndsTheEventStreamAsksForTheRest() {
		this.fixture.write();
		this.fixture.server.script(1, SessionHealingTests::isCall, (request, response, normal) -> ScriptedMcpServer
			.events(response, Flux.just("id: e1\nretry: 20\ndata: \n\n")));
		this.fixture.server.script(1, (request) -> "e1".equals(request.lastEventId()),
				(request, response, normal) -> ScriptedMcpServer.events(response,
						Flux.just("retry: 10\r\n", "id: e2\r\ndata:", "\r\n\r\n")));
		this.fixture.server.script(1, (request) -> "e2".equals(request.lastEventId()),
				(request, response, normal) -> ScriptedMcpServer.events(response, Flux.just(rest())));
		assertThat(SessionFixture.text(this.fixture.write())).isEqualTo("the rest");
		assertThat(this.fixture.server.received("tools/call")).hasSize(2);
	}

	@Test
	void callToolWhenServerEndsTheEventStreamAndHasNoRestSaysSoAtOnce() {
		this.fixture.write();
		this.fixture.server.script(1, SessionHealingTests::isCall, (request, response, normal) -> ScriptedMcpServer
			.events(response, Flux.just("id: e1\nretry: 20\ndata: \n\n")));
		this.fixture.server.script(1, (request) -> "e1".equals(request.lastEventId()), Fault.status(404));
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("outcome_uncertain", true);
	}

	/**
	 * The answer to the second call.
	 */
	private String rest() {
		return ScriptedMcpServer
			.event(Map.of("jsonrpc", "2.0", "id", this.fixture.server.received("tools/call").get(1).message().get("id"),
					"result", Map.of("content", List.of(Map.of("type", "text", "text", "the rest")))));
	}

	@Test
	void callToolWhenEventStreamCannotBeResumedSaysSoAtOnce() {
		this.fixture.write();
		this.fixture.server.script(1, SessionHealingTests::isCall,
				Fault.cutAfter("id: e1\n" + ScriptedMcpServer.event(Map.of("jsonrpc", "2.0", "method",
						"notifications/message", "params", Map.of("level", "info", "data", "under way")))));
		this.fixture.server.script(1, (request) -> "e1".equals(request.lastEventId()), Fault.status(405));
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("outcome_uncertain", true);
	}

	@Test
	void readResourceWhenConnectionBreaksOnceIsReadAgain() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, (request) -> request.method().equals("resources/read"), Fault.disconnect());
		assertThat(SessionFixture
			.await(this.fixture.session().readResource(ReadResourceRequest.builder("memo://one").build()))
			.contents()).hasSize(1);
		assertThat(this.fixture.server.received("resources/read")).hasSize(2);
	}

	@Test
	@DisplayName("A call that timed out is not sent later")
	void callToolWhenCallerIsGoneBeforeTheNewSessionIsThereIsNotSent() {
		this.fixture.echo("hello");
		Sinks.Empty<Void> release = Sinks.empty();
		Sinks.Empty<Void> held = Sinks.empty();
		this.fixture.server.forgetSessions();
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"),
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(release.asMono())));
		this.fixture.call("write", Map.of()).takeUntilOther(held.asMono()).block(SessionFixture.PATIENCE);
		release.tryEmitEmpty();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.writes()).isZero();
		assertThat(this.fixture.server.received("tools/call"))
			.filteredOn((request) -> "write".equals(request.params().get("name")))
			.hasSize(1);
	}

	@Test
	@DisplayName("F24 a cancelled call does not take the handshake with it")
	void callToolWhenFirstCallerGoesAwayConnectsForTheOthers() {
		Sinks.Empty<Void> release = Sinks.empty();
		Sinks.Empty<Void> held = Sinks.empty();
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"),
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(release.asMono())));
		this.fixture.call("write", Map.of()).takeUntilOther(held.asMono()).block(SessionFixture.PATIENCE);
		release.tryEmitEmpty();
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		assertThat(this.fixture.server.received("initialize")).hasSize(1);
		assertThat(this.fixture.server.writes()).isZero();
	}

	@Test
	void callToolWhenAnswerIsLargeAndStreamedArrivesWhole() {
		this.fixture.server.answerAsEvents();
		this.fixture.echo("hello");
		this.fixture.server.forgetSessions();
		CallToolResult result = SessionFixture.await(this.fixture.call("big", Map.of("size", 4_000_000)));
		assertThat(SessionFixture.text(result)).hasSize(4_000_000);
	}

	@Test
	void reconnectWhenCalledStartsAnotherSession() {
		this.fixture.echo("hello");
		this.fixture.session().reconnect();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
		assertThat(this.fixture.server.received("DELETE")).hasSize(1);
	}

	@Test
	@DisplayName("F21 an endless 401 costs a bounded number of requests")
	void callToolWhenEveryTokenIsRefusedDoesNotStorm() {
		this.fixture.echo("hello");
		this.fixture.server.accept();
		this.fixture.manager.recoverWith("t2");
		List<CallToolResult> results = Flux.range(0, 20)
			.flatMap((index) -> this.fixture.call("echo", Map.of("text", "hello")), 20)
			.collectList()
			.block(SessionFixture.PATIENCE);
		assertThat(results)
			.allSatisfy((result) -> assertThat(SessionFixture.members(result)).containsEntry("needs_reauth", true));
		assertThat(this.fixture.server.received("tools/call")).hasSizeLessThanOrEqualTo(1 + 20 * 2);
		assertThat(this.fixture.server.received("initialize")).hasSizeLessThanOrEqualTo(1 + 20);
		int requests = this.fixture.server.received().size();
		this.fixture.echo("hello");
		assertThat(this.fixture.server.received()).hasSize(requests);
	}

	@Test
	void callToolWhenRecoveryIsTransientSaysWhenToTryAgain() {
		this.fixture.echo("hello");
		this.fixture.server.accept();
		this.fixture.manager.recoverWith(Recovery.transientFailure("it is down", Duration.ofSeconds(3)));
		assertThatExceptionOfType(TransientAuthorizationException.class).isThrownBy(() -> this.fixture.echo("again"));
		assertThat(this.fixture.server.received("initialize")).hasSize(1);
	}

	private static boolean isCall(Received request) {
		return request.method().equals("tools/call");
	}

}
