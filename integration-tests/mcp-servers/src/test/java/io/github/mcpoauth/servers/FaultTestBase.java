// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.servers;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.servers.FaultyProxy.Fault;
import io.github.mcpoauth.servers.FaultyProxy.Passing;
import io.github.mcpoauth.session.McpCallException;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static io.github.mcpoauth.servers.AgentApplication.PATIENCE;
import static io.github.mcpoauth.servers.AgentApplication.SERVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Faults in front of a real MCP server and a real authorization server.
 */
abstract class FaultTestBase extends ServerTestBase {

	@BeforeEach
	void logIn() throws Exception {
		this.agent.logIn();
	}

	@Test
	@DisplayName("A 401 on the third call is recovered by one refresh, on the same session")
	void callToolWhenThirdCallIsRefusedIsRecovered() {
		assertThat(echo("one")).isEqualTo("one");
		assertThat(echo("two")).isEqualTo("two");
		this.proxy.script(1, FaultTestBase::isCall, Fault.status(401));
		long refreshes = refreshes();
		assertThat(echo("three")).isEqualTo("three");
		assertThat(refreshes()).isEqualTo(refreshes + 1);
		assertThat(this.proxy.seen("notifications/initialized")).hasSize(1);
	}

	@Test
	@DisplayName("Ten parallel calls over a dying session (404) end as ten results")
	void callToolWhenSessionIsGoneShareTheNextOne() {
		assertThat(echo("before")).isEqualTo("before");
		this.proxy.script(100, isOn(session()), Fault.status(404));
		assertThat(await(Flux.fromStream(IntStream.range(0, 10).mapToObj(Integer::toString))
			.flatMap((message) -> call(this.agent, "echo", message))
			.map(FaultTestBase::text)
			.collectList()))
			.containsExactlyInAnyOrderElementsOf(IntStream.range(0, 10).mapToObj(Integer::toString).toList());
		assertThat(this.proxy.seen("notifications/initialized")).hasSize(2);
	}

	@Test
	@DisplayName("F25 a session that expired with 401 costs one token and one session")
	void callToolWhenSessionExpiredAsUnauthorizedGetsANewOne() {
		assertThat(echo("before")).isEqualTo("before");
		long refreshes = refreshes();
		this.proxy.script(100, isOn(session()), Fault.status(401));
		assertThat(echo("after")).isEqualTo("after");
		assertThat(refreshes()).isEqualTo(refreshes + 1);
		assertThat(this.proxy.seen("notifications/initialized")).hasSize(2);
	}

	@Test
	@DisplayName("F26 a call whose event stream is cut is not sent again, and the next one is a result")
	void callToolWhenStreamIsCutIsUncertain() {
		assertThat(echo("before")).isEqualTo("before");
		this.proxy.script(1, FaultTestBase::isCall, Fault.cut());
		assertThat(members(await(call(this.agent, "echo", "cut")))).containsEntry("outcome_uncertain", true)
			.doesNotContainKey("needs_reauth");
		assertThat(this.proxy.seen("tools/call")).hasSize(2);
		assertThat(echo("after")).isEqualTo("after");
	}

	@Test
	void callToolWhenInitializeIsSlowFailsAndLaterWorks(@TempDir Path store) throws Exception {
		try (AgentApplication hasty = AgentApplication.start(this.proxy.url(), store,
				"mcp.oauth.session.connect-timeout=1s", "mcp.oauth.session.breaker-failures=100")) {
			hasty.logIn();
			this.proxy.script(1, (request) -> request.is("initialize"), Fault.hold(Mono.never()));
			assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> await(call(hasty, "echo", "too early")))
				.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
			assertThat(this.proxy.seen("tools/call")).isEmpty();
			assertThat(text(await(Mono.defer(() -> call(hasty, "echo", "later")).retry(30)))).isEqualTo("later");
		}
	}

	@Test
	@DisplayName("A call that timed out is not sent later")
	void callToolWhenCallerIsGoneBeforeTheNewSessionIsThereIsNotSent() {
		assertThat(echo("before")).isEqualTo("before");
		Sinks.Empty<Void> release = Sinks.empty();
		Sinks.Empty<Void> held = Sinks.empty();
		this.proxy.script(1, isOn(session()), Fault.status(404));
		this.proxy.script(1, (request) -> request.is("initialize"),
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(release.asMono())));
		call(this.agent, "echo", "forgotten").takeUntilOther(held.asMono()).block(PATIENCE);
		release.tryEmitEmpty();
		assertThat(echo("after")).isEqualTo("after");
		assertThat(this.proxy.seen("tools/call")).filteredOn((request) -> request.body().contains("forgotten"))
			.hasSize(1);
	}

	@Test
	@DisplayName("F39 a server that lets any client initialize: the call's 401 asks for a login, and is recovered after it")
	void callToolWhenInitializeIsAnonymousIsRecoveredToo(@TempDir Path store) throws Exception {
		String token = Objects
			.requireNonNull(this.agent.manager().provider(GrantKey.of(SERVER)).token().block(PATIENCE))
			.value()
			.reveal();
		this.proxy.script(2, (request) -> request.method().contains("initialize"), Fault.withToken(token));
		try (AgentApplication stranger = AgentApplication.start(this.proxy.url(), store)) {
			assertThat(members(await(call(stranger, "echo", "hello")))).containsEntry("needs_reauth", true);
			assertThat(this.proxy.seen("tools/call")).hasSize(1);
			stranger.logIn();
			assertThat(text(await(call(stranger, "echo", "hello")))).isEqualTo("hello");
			assertThat(this.proxy.seen("notifications/initialized")).hasSize(1);
		}
	}

	@Test
	@DisplayName("A JSON-RPC error under a 401 is a 401")
	void callToolWhenRefusalCarriesAnErrorOfTheProtocolIsRecovered() {
		assertThat(echo("before")).isEqualTo("before");
		this.proxy.script(1, FaultTestBase::isCall, Fault.error(401, -32001));
		assertThat(echo("after")).isEqualTo("after");
		assertThat(this.proxy.seen("notifications/initialized")).hasSize(1);
	}

	@Test
	@DisplayName("F21 an endless 401 costs a bounded number of requests, and ends with the next login")
	void callToolWhenEverythingIsRefusedDoesNotStorm() throws Exception {
		assertThat(echo("before")).isEqualTo("before");
		long refreshes = refreshes();
		this.proxy.script(1000, FaultTestBase::isCall, Fault.status(401));
		List<CallToolResult> results = await(
				Flux.range(0, 20).flatMap((index) -> call(this.agent, "echo", "hello"), 20).collectList());
		assertThat(results).allSatisfy((result) -> assertThat(members(result)).containsEntry("needs_reauth", true));
		int renewed = Math.toIntExact(refreshes() - refreshes);
		assertThat(renewed).isBetween(1, 2);
		// Once with each token, and once more in a new session
		assertThat(this.proxy.seen("tools/call")).hasSizeLessThanOrEqualTo(1 + 20 * (1 + renewed + 1));
		int requests = this.proxy.requests();
		assertThat(members(await(call(this.agent, "echo", "hello")))).containsEntry("needs_reauth", true);
		assertThat(this.proxy.requests()).isEqualTo(requests);
		this.proxy.reset();
		this.agent.logIn();
		assertThat(echo("after")).isEqualTo("after");
	}

	private String session() {
		List<Passing> calls = this.proxy.seen("tools/call");
		return Objects.requireNonNull(calls.get(calls.size() - 1).session());
	}

	private static Predicate<Passing> isOn(String session) {
		return (request) -> isCall(request) && session.equals(request.session());
	}

	private static boolean isCall(Passing request) {
		return request.is("tools/call");
	}

	private long refreshes() {
		return authorizationServer().stats().tokenRequests("refresh_token", "ok");
	}

	private String echo(String message) {
		return text(await(call(this.agent, "echo", message)));
	}

	private static Mono<CallToolResult> call(AgentApplication agent, String tool, String message) {
		return Mono.defer(() -> agent.session()
			.callTool(CallToolRequest.builder(tool).arguments(Map.of("message", message)).build()));
	}

}
