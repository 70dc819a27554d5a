// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.github.mcpoauth.session.McpServerSession.ServerChange.Kind;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Changes that a server reports, in either protocol.
 */
class ServerChangeTests {

	private static final String MEMO = "memo://one";

	private static final ServerChange TOOLS = ServerChange.of(Kind.TOOLS);

	private static final ServerChange MEMO_CHANGED = ServerChange.resource(MEMO);

	final SessionFixture fixture = fixture();

	private final BlockingQueue<ServerChange> heard = new LinkedBlockingQueue<>();

	private final BlockingQueue<Object> ended = new LinkedBlockingQueue<>();

	SessionFixture fixture() {
		return new SessionFixture();
	}

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private Disposable listen(String... resources) {
		return this.fixture.session()
			.changes(resources)
			.subscribe(this.heard::add, this.ended::add, () -> this.ended.add("completed"));
	}

	private void speak(McpServer.Protocol protocol) {
		this.fixture.server.speak(protocol);
	}

	/**
	 * Listen to all that there is, and hear of each once at the beginning.
	 */
	private void watch(McpServer.Protocol protocol) throws InterruptedException {
		speak(protocol);
		listen(MEMO);
		awaitAll(TOOLS, MEMO_CHANGED);
	}

	/**
	 * Wait for changes, with any others before them.
	 */
	private void awaitAll(ServerChange... changes) throws InterruptedException {
		List<ServerChange> missing = new ArrayList<>(List.of(changes));
		while (!missing.isEmpty()) {
			ServerChange next = this.heard.poll(30, TimeUnit.SECONDS);
			assertThat(next).as("%s is missing, the end is %s", missing, this.ended).isNotNull();
			missing.remove(next);
		}
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ScriptedMcpServer#protocols")
	void changesWhenServerReportsAreHeard(McpServer.Protocol protocol) throws InterruptedException {
		watch(protocol);
		this.heard.clear();
		this.fixture.server.report(TOOLS);
		awaitAll(TOOLS);
		this.fixture.server.report(MEMO_CHANGED);
		awaitAll(MEMO_CHANGED);
		assertThat(this.heard).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ScriptedMcpServer#protocols")
	@DisplayName("A broken stream is a new request, and what may have been missed is reported")
	void changesWhenConnectionsBreakListensAgain(McpServer.Protocol protocol) throws InterruptedException {
		watch(protocol);
		this.fixture.server.dropConnections();
		awaitAll(TOOLS, MEMO_CHANGED);
		this.fixture.server.report(MEMO_CHANGED);
		awaitAll(MEMO_CHANGED);
		assertThat(this.ended).isEmpty();
	}

	@Test
	@DisplayName("A stream that a gateway has ended is opened again without a call")
	void changesWhenStreamEndsListensAgain() throws InterruptedException {
		listen(MEMO);
		awaitAll(TOOLS, MEMO_CHANGED);
		this.fixture.server.endStreams();
		awaitAll(TOOLS, MEMO_CHANGED);
		this.fixture.server.report(TOOLS);
		awaitAll(TOOLS);
		assertThat(this.fixture.server.sessions()).isEqualTo(1);
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ScriptedMcpServer#protocols")
	@DisplayName("A server that is started anew knows no session and no watched resource")
	void changesWhenServerIsStartedAnewWatchesAgain(McpServer.Protocol protocol) throws InterruptedException {
		watch(protocol);
		this.fixture.server.stop();
		this.fixture.server.comeBack();
		awaitAll(TOOLS, MEMO_CHANGED);
		this.fixture.server.report(MEMO_CHANGED);
		awaitAll(MEMO_CHANGED);
	}

	@Test
	@DisplayName("A session that a call has replaced")
	void changesWhenSessionIsReplacedWatchesOnTheNewOne() throws InterruptedException {
		listen(MEMO);
		awaitAll(TOOLS, MEMO_CHANGED);
		this.fixture.server.forgetSessions();
		this.fixture.echo("hello");
		awaitAll(MEMO_CHANGED);
		this.fixture.server.report(MEMO_CHANGED);
		awaitAll(MEMO_CHANGED);
		assertThat(this.fixture.server.watched()).containsExactly(MEMO);
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ScriptedMcpServer#protocols")
	void changesWhenServerLeavesOrJoinsTheModernProtocolGoesOn(McpServer.Protocol protocol)
			throws InterruptedException {
		watch(protocol);
		this.fixture.server.stop();
		speak((protocol == McpServer.Protocol.LEGACY) ? McpServer.Protocol.MODERN : McpServer.Protocol.LEGACY);
		this.fixture.server.comeBack();
		awaitAll(TOOLS, MEMO_CHANGED);
		this.fixture.server.report(MEMO_CHANGED);
		awaitAll(MEMO_CHANGED);
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ScriptedMcpServer#protocols")
	void changesWhenSessionIsLeftGoesOnWithTheNextOne(McpServer.Protocol protocol) throws InterruptedException {
		watch(protocol);
		this.fixture.session().reconnect();
		awaitAll(TOOLS, MEMO_CHANGED);
		this.fixture.server.report(TOOLS);
		awaitAll(TOOLS);
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ScriptedMcpServer#protocols")
	void changesWhenSessionIsClosedComplete(McpServer.Protocol protocol) throws InterruptedException {
		watch(protocol);
		this.fixture.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		assertThat(this.ended.poll(30, TimeUnit.SECONDS)).isEqualTo("completed");
	}

	@Test
	void changesWhenListenerLeavesForgetsTheResource() throws InterruptedException {
		Disposable one = listen(MEMO);
		awaitAll(TOOLS, MEMO_CHANGED);
		Disposable two = listen(MEMO);
		awaitAll(TOOLS, MEMO_CHANGED);
		one.dispose();
		this.fixture.echo("hello");
		assertThat(this.fixture.server.received("resources/unsubscribe")).isEmpty();
		two.dispose();
		Awaitility.await()
			.atMost(SessionFixture.PATIENCE)
			.untilAsserted(() -> assertThat(this.fixture.server.watched()).isEmpty());
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ScriptedMcpServer#protocols")
	void changesWhenLoginIsRequiredFail(McpServer.Protocol protocol) throws InterruptedException {
		watch(protocol);
		this.fixture.server.accept();
		this.fixture.server.dropConnections();
		assertThat(this.ended.poll(30, TimeUnit.SECONDS)).isInstanceOf(LoginRequiredException.class);
	}

	@Test
	void changesWhenTokenOfModernServerIsReplacedAreHeardWithTheNewOne() throws InterruptedException {
		speak(McpServer.Protocol.MODERN);
		listen();
		awaitAll(TOOLS);
		this.fixture.server.accept("t2");
		this.fixture.manager.recoverWith("t2");
		this.fixture.server.dropConnections();
		awaitAll(TOOLS);
		assertThat(this.fixture.server.received("subscriptions/listen")).extracting(Received::token).endsWith("t2");
	}

	@Test
	void changesWhenServerReportsNoneAreRefused() {
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"),
				(request, response, normal) -> Fault
					.result(Map.of("protocolVersion", "2025-06-18", "capabilities", Map.of("resources", Map.of()),
							"serverInfo", Map.of("name", "still", "version", "1")))
					.answer(request, response.header("Mcp-Session-Id", "still"), normal));
		assertThatExceptionOfType(McpCallException.class)
			.isThrownBy(() -> this.fixture.session().changes(MEMO).blockFirst(SessionFixture.PATIENCE))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.REFUSED));
	}

	@Test
	@DisplayName("A list that a modern server allows to keep is not kept over a change")
	void listToolsWhenChangesOfModernServerMayHaveBeenMissedIsRequestedAgain() throws InterruptedException {
		speak(McpServer.Protocol.MODERN);
		this.fixture.server.script(2, (request) -> request.method().equals("tools/list"),
				Fault.result(Map.of("tools", List.of(), "ttlMs", 600_000, "cacheScope", "private")));
		listen();
		awaitAll(TOOLS);
		assertThat(SessionFixture.await(this.fixture.session().listTools())).isEmpty();
		this.fixture.server.dropConnections();
		awaitAll(TOOLS);
		assertThat(SessionFixture.await(this.fixture.session().listTools())).isEmpty();
		assertThat(SessionFixture.await(this.fixture.session().listTools())).isEmpty();
		this.fixture.server.report(TOOLS);
		awaitAll(TOOLS);
		assertThat(SessionFixture.await(this.fixture.session().listTools())).isNotEmpty();
		assertThat(this.fixture.server.received("tools/list")).hasSize(3);
	}

}
