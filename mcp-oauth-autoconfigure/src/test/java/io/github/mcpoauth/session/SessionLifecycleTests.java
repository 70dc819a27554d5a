// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.testing.BusySchedulers;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How sessions begin and end, and what they hear in between.
 */
class SessionLifecycleTests {

	private final BlockingQueue<List<Tool>> changes = new LinkedBlockingQueue<>();

	private final BlockingQueue<Double> progress = new LinkedBlockingQueue<>();

	@RegisterExtension
	final SessionFixture fixture = fixture(
			new SessionSettings(SessionFixture.FOREVER, Duration.ofSeconds(20), 3, Duration.ofSeconds(60)),
			(server, client) -> client.toolsChangeConsumer((tools) -> Mono.fromRunnable(() -> this.changes.add(tools)))
				.progressConsumer((notice) -> Mono.fromRunnable(() -> this.progress.add(notice.progress()))));

	SessionFixture fixture(SessionSettings settings, SessionCustomizer... customizers) {
		return new SessionFixture(settings, customizers);
	}

	@Test
	@DisplayName("Law 18, X2: a session opens and calls while the shared schedulers are busy")
	void callToolWhenSharedSchedulersAreBusyGoesOn() {
		try (BusySchedulers busy = BusySchedulers.fill()) {
			assertThat(busy).isNotNull();
			assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		}
	}

	@Test
	void closeWhenConnectingEndsTheSessionThatComesOfIt() {
		Sinks.Empty<Void> release = Sinks.empty();
		Sinks.Empty<Void> held = Sinks.empty();
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"),
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(release.asMono())));
		this.fixture.call("echo", Map.of("text", "hello")).takeUntilOther(held.asMono()).block(SessionFixture.PATIENCE);
		Mono<Void> closed = this.fixture.sessions.closeGracefully().cache();
		closed.subscribe();
		release.tryEmitEmpty();
		closed.block(SessionFixture.PATIENCE);
		assertThat(this.fixture.server.received("DELETE")).hasSize(1);
		assertThat(this.fixture.server.sessions()).isZero();
		assertClosed();
	}

	@Test
	@DisplayName("Shutdown wins over reconnect")
	void closeWhenSessionIsBeingRebuiltLeavesNoSessionBehind() throws InterruptedException {
		this.fixture.echo("hello");
		Sinks.Empty<Void> release = Sinks.empty();
		Sinks.Empty<Void> held = Sinks.empty();
		this.fixture.server.forgetSessions();
		this.fixture.server.script(1, (request) -> request.method().equals("initialize"),
				Fault.hold(Mono.fromRunnable(held::tryEmitEmpty).then(release.asMono())));
		BlockingQueue<Object> ends = new LinkedBlockingQueue<>();
		this.fixture.call("echo", Map.of("text", "again")).subscribe(ends::add, ends::add);
		held.asMono().block(SessionFixture.PATIENCE);
		this.fixture.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		this.fixture.server.ended()
			.next()
			.doOnSubscribe((subscription) -> release.tryEmitEmpty())
			.block(SessionFixture.PATIENCE);
		assertThat(this.fixture.server.sessions()).isZero();
		assertThat(ends.poll(30, TimeUnit.SECONDS)).isNotNull();
		assertClosed();
	}

	@Test
	void reconnectWhenClosedDoesNotConnect() {
		this.fixture.echo("hello");
		this.fixture.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		int requests = this.fixture.server.received().size();
		this.fixture.session().reconnect();
		assertClosed();
		assertThat(this.fixture.server.received()).hasSize(requests);
	}

	@Test
	void closeWhenLoginIsNeededEndsQuietly() {
		this.fixture.echo("hello");
		this.fixture.server.accept();
		this.fixture.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		assertThat(this.fixture.server.received("DELETE")).isNotEmpty();
	}

	@Test
	void getWhenServerWasChangedAnswersASessionWithTheNewOne() {
		McpServerSession before = this.fixture.session();
		this.fixture.echo("hello");
		try (ScriptedMcpServer moved = ScriptedMcpServer.start()) {
			this.fixture.manager.add(McpServer.of("demo", moved.url()));
			assertThat(this.fixture.session()).isNotSameAs(before);
			assertThat(SessionFixture.text(this.fixture.echo("there"))).isEqualTo("there");
			assertThat(moved.received("tools/call")).hasSize(1);
			this.fixture.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		}
	}

	@Test
	void getWhenServerIsTheSameAnswersTheSameSession() {
		McpServerSession before = this.fixture.session();
		this.fixture.manager.add(McpServer.of("demo", URI.create(this.fixture.server.url().toString())));
		assertThat(this.fixture.session()).isSameAs(before);
	}

	@Test
	void getWhenServerWasRemovedThrows() {
		this.fixture.echo("hello");
		this.fixture.manager.evict("demo");
		assertThatExceptionOfType(UnknownServerException.class).isThrownBy(this.fixture::session);
	}

	@Test
	void connectWhenServerIsSlowFailsAndLaterWorks() {
		SessionFixture hasty = fixture(
				new SessionSettings(SessionFixture.FOREVER, Duration.ofMillis(200), 100, Duration.ofSeconds(60)));
		try {
			hasty.server.script(1, (request) -> request.method().equals("initialize"), Fault.hold(Mono.never()));
			assertThatExceptionOfType(McpCallException.class)
				.isThrownBy(() -> SessionFixture.await(hasty.session().connect()))
				.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
			SessionFixture.await(Mono.defer(() -> hasty.session().connect()).retry());
		}
		finally {
			hasty.sessions.close();
			hasty.server.close();
		}
	}

	@Test
	void listenWhenServerSaysThatToolsChangedTellsTheConsumers() throws InterruptedException {
		this.fixture.echo("hello");
		this.fixture.server.awaitListener().block(SessionFixture.PATIENCE);
		this.fixture.server.notifyClients("notifications/tools/list_changed");
		assertThat(this.changes.poll(30, TimeUnit.SECONDS)).isNotEmpty();
	}

	@Test
	void listenWhenSessionWasRebuiltListensToTheNewOne() throws InterruptedException {
		this.fixture.echo("hello");
		this.fixture.server.awaitListener().block(SessionFixture.PATIENCE);
		this.fixture.server.stop();
		this.fixture.server.comeBack();
		this.fixture.echo("again");
		this.fixture.server.awaitListener().block(SessionFixture.PATIENCE);
		this.fixture.server.notifyClients("notifications/tools/list_changed");
		assertThat(this.changes.poll(30, TimeUnit.SECONDS)).isNotEmpty();
	}

	@Test
	@DisplayName("F21 a stream that ends at once is not listened to in a storm")
	void listenWhenStreamAlwaysBreaksSlowsDown() {
		this.fixture.server.script(1000, (request) -> request.method().equals("GET"), Fault.cut());
		for (int i = 0; i < 50; i++) {
			this.fixture.echo("hello");
		}
		assertThat(this.fixture.server.received("GET")).hasSizeLessThanOrEqualTo(10);
	}

	@Test
	void callToolWhenServerReportsProgressPassesItOn() throws InterruptedException {
		this.fixture.server.answerAsEvents();
		this.fixture.echo("hello");
		this.fixture.server.forgetSessions();
		CallToolRequest request = CallToolRequest.builder("echo")
			.arguments(Map.of("text", "hello"))
			.progressToken("p1")
			.build();
		assertThat(SessionFixture.text(SessionFixture.await(this.fixture.session().callTool(request))))
			.isEqualTo("hello");
		assertThat(this.progress.poll(30, TimeUnit.SECONDS)).isEqualTo(0.5);
	}

	@Test
	void listToolsWhenThereArePagesReadsAllOfThem() {
		this.fixture.server.paged();
		assertThat(SessionFixture.await(this.fixture.session().listTools())).extracting(Tool::name)
			.containsExactlyInAnyOrder("echo", "write", "big", "whoami", "fail");
		assertThat(this.fixture.server.received("tools/list")).hasSize(5);
	}

	private void assertClosed() {
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> this.fixture.echo("once more"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.CLOSED));
	}

}
