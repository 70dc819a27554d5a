// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.Map;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Servers that are left alone: because they fail, or because they wait for a person.
 */
class SessionGuardTests {

	@RegisterExtension
	final SessionFixture fixture = fixture();

	SessionFixture fixture() {
		return new SessionFixture();
	}

	@Test
	void callToolWhenServerFailedThreeTimesIsLeftAloneForAWhile() {
		this.fixture.echo("hello");
		failThreeTimes();
		int requests = this.fixture.server.received().size();
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("again"))
			.satisfies((ex) -> {
				assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE);
				assertThat(ex.getRetryAfter()).isEqualTo(Duration.ofSeconds(60));
				assertThat(ex).hasMessage("""
						Calls to MCP server 'demo' are paused for 60 s after 3 failures in a row. The last failure: \
						MCP server 'demo' answered with HTTP status 503""");
			});
		assertThat(this.fixture.server.received()).hasSize(requests);
	}

	@Test
	void callToolWhenPauseIsOverTriesOnceAndGoesOn() {
		this.fixture.echo("hello");
		failThreeTimes();
		this.fixture.pass(Duration.ofSeconds(60));
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(SessionFixture.text(this.fixture.echo("once more"))).isEqualTo("once more");
	}

	@Test
	void callToolWhenProbeFailsIsLeftAloneAgain() {
		this.fixture.echo("hello");
		failThreeTimes();
		this.fixture.pass(Duration.ofSeconds(60));
		this.fixture.server.script(1, SessionGuardTests::isCall, Fault.status(503));
		assertUnavailable();
		int requests = this.fixture.server.received().size();
		assertUnavailable();
		assertThat(this.fixture.server.received()).hasSize(requests);
	}

	@Test
	void callToolWhenProbeIsUnderWayLetsNoOtherCallThrough() {
		this.fixture.echo("hello");
		failThreeTimes();
		this.fixture.pass(Duration.ofSeconds(60));
		Sinks.Empty<Void> release = Sinks.empty();
		Sinks.Empty<Void> held = Sinks.empty();
		this.fixture.server.script(1, SessionGuardTests::isCall,
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(release.asMono())));
		Mono<CallToolResult> probe = this.fixture.call("echo", Map.of("text", "probe")).cache();
		probe.subscribe();
		held.asMono().block(SessionFixture.PATIENCE);
		assertUnavailable();
		release.tryEmitEmpty();
		assertThat(SessionFixture.text(SessionFixture.await(probe))).isEqualTo("probe");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	void callToolWhenProbeIsCancelledLetsAnotherTry() {
		this.fixture.echo("hello");
		failThreeTimes();
		this.fixture.pass(Duration.ofSeconds(60));
		Sinks.Empty<Void> held = Sinks.empty();
		this.fixture.server.script(1, SessionGuardTests::isCall,
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(Mono.never())));
		this.fixture.call("echo", Map.of("text", "probe")).takeUntilOther(held.asMono()).block(SessionFixture.PATIENCE);
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	void callToolWhenServerAnswersWithErrorsOfItsOwnIsNotLeftAlone() {
		for (int i = 0; i < 5; i++) {
			assertThatExceptionOfType(McpCallException.class)
				.isThrownBy(() -> SessionFixture.await(this.fixture.call("nothing", Map.of())))
				.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.REFUSED));
		}
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
	}

	@Test
	void callToolWhenLoginIsRequiredIsAnsweredWithoutAskingTheServerAgain() {
		this.fixture.server.accept();
		assertThat(SessionFixture.members(this.fixture.echo("hello"))).containsEntry("needs_reauth", true);
		int requests = this.fixture.server.received().size();
		assertThat(SessionFixture.members(this.fixture.echo("hello"))).containsEntry("needs_reauth", true);
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> SessionFixture.await(this.fixture.session().listTools()));
		assertThat(this.fixture.server.received()).hasSize(requests);
	}

	@Test
	@DisplayName("F4 a parked server wakes when its grant changes")
	void callToolWhenGrantChangesWakesTheServer() {
		this.fixture.server.accept();
		this.fixture.echo("hello");
		this.fixture.server.accept("t2");
		this.fixture.manager.hold("t2");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	void callToolWhenNobodyHasLoggedInWakesWithTheFirstLogin() {
		this.fixture.manager.hold(null);
		this.fixture.echo("hello");
		int requests = this.fixture.server.received().size();
		this.fixture.echo("hello");
		assertThat(this.fixture.server.received()).hasSize(requests);
		this.fixture.manager.hold("t1");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	void callToolWhenServerChangesItsMindIsFoundOutByAProbe() {
		this.fixture.manager.hold(null);
		this.fixture.echo("hello");
		this.fixture.server.acceptEverybody();
		assertThat(SessionFixture.members(this.fixture.echo("again"))).containsEntry("needs_reauth", true);
		this.fixture.pass(Duration.ofSeconds(60));
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
	}

	@Test
	@DisplayName("F18 a call that wants more scopes does not stop the others")
	void callToolWhenScopesAreMissingAsksForThemAndGoesOn() {
		this.fixture.echo("hello");
		this.fixture.server.script(1, SessionGuardTests::isCall,
				(request, response, normal) -> response.status(403)
					.header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"admin\"")
					.send());
		this.fixture.manager.recoverWith(Recovery.insufficientScope("the request needs the scope 'admin'"));
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("needs_reauth", true)
			.extractingByKey("error")
			.asString()
			.contains("admin");
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		assertThat(this.fixture.server.received("initialize")).hasSize(1);
		assertThat(this.fixture.server.received("tools/call")).hasSize(3);
	}

	private void failThreeTimes() {
		this.fixture.server.script(3, SessionGuardTests::isCall, Fault.status(503));
		for (int i = 0; i < 3; i++) {
			assertUnavailable();
		}
	}

	private void assertUnavailable() {
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("again"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
	}

	private static boolean isCall(Received request) {
		return request.method().equals("tools/call");
	}

}
