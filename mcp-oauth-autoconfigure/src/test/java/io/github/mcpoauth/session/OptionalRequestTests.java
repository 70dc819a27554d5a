// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Servers that refuse an optional part of the protocol.
 */
class OptionalRequestTests {

	@RegisterExtension
	final SessionFixture fixture = fixture();

	SessionFixture fixture() {
		return new SessionFixture();
	}

	static Stream<Arguments> refusals() {
		return Stream.of(Arguments.of("404", Fault.status(404)), Arguments.of("405", Fault.status(405)),
				Arguments.of("400", Fault.status(400)), Arguments.of("401", Fault.status(401)),
				Arguments.of("403",
						(Fault) (request, response, normal) -> response.status(403)
							.header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"admin\"")
							.send()),
				Arguments.of("406", Fault.status(406)), Arguments.of("500", Fault.status(500)),
				Arguments.of("a page", Fault.html(200)), Arguments.of("an error page", Fault.html(502)),
				Arguments.of("a broken connection", Fault.disconnect()));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("refusals")
	@DisplayName("A server that refuses the event stream keeps its tools, and costs no login")
	void callToolWhenTheEventStreamIsRefusedWorks(String name, Fault refusal) {
		Sinks.Empty<Void> listened = Sinks.empty();
		this.fixture.server.script(Integer.MAX_VALUE, (request) -> isListen(request, listened), refusal);
		assertThat(SessionFixture.text(this.fixture.echo("hello"))).isEqualTo("hello");
		listened.asMono().block(SessionFixture.PATIENCE);
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		this.fixture.server.forgetSessions();
		assertThat(SessionFixture.text(this.fixture.echo("once more"))).isEqualTo("once more");
		assertThat(this.fixture.manager.rejections()).isEmpty();
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("refusals")
	@DisplayName("A server that refuses to end sessions costs no login")
	void reconnectWhenTheEndOfSessionsIsRefusedWorks(String name, Fault refusal) {
		Sinks.Empty<Void> ended = Sinks.empty();
		this.fixture.server.script(Integer.MAX_VALUE, (request) -> {
			boolean isEnd = request.method().equals("DELETE");
			if (isEnd) {
				ended.tryEmitEmpty();
			}
			return isEnd;
		}, refusal);
		this.fixture.echo("hello");
		this.fixture.session().reconnect();
		assertThat(SessionFixture.text(this.fixture.echo("again"))).isEqualTo("again");
		ended.asMono().block(SessionFixture.PATIENCE);
		assertThat(this.fixture.manager.rejections()).isEmpty();
	}

	@Test
	@DisplayName("A stream that was refused with a revoked token is opened again with the next one")
	void listenWhenTheTokenWasRevokedListensWithTheNextOne() throws InterruptedException {
		Sinks.Empty<Void> refused = Sinks.empty();
		this.fixture.server.script(1, (request) -> request.method().equals("GET"), (request, response,
				normal) -> Mono.from(response.status(401).send()).doOnTerminate(refused::tryEmitEmpty));
		this.fixture.echo("hello");
		refused.asMono().block(SessionFixture.PATIENCE);
		this.fixture.server.accept("t2");
		this.fixture.manager.recoverWith("t2");
		BlockingQueue<Object> streams = new LinkedBlockingQueue<>();
		this.fixture.server.awaitListener().subscribe(null, null, () -> streams.add("open"));
		assertThat(SessionFixture.text(SessionFixture.await(this.fixture.call("whoami", Map.of())))).isEqualTo("t2");
		// The refused stream may have been noted after that answer
		this.fixture.server.accept("t3");
		this.fixture.manager.recoverWith("t3");
		assertThat(SessionFixture.text(SessionFixture.await(this.fixture.call("whoami", Map.of())))).isEqualTo("t3");
		assertThat(streams.poll(30, TimeUnit.SECONDS)).isEqualTo("open");
	}

	@Test
	@DisplayName("S15: with principals an unknown session is refused")
	void requestWhenTheOwnerOfTheSessionIsUnknownIsNotSent() {
		this.fixture.manager.principals((server, context) -> Mono.just(server.key("alice")));
		WebClient client = WebClient.builder()
			.filter(new McpSessionFilter(() -> this.fixture.manager, SessionFixture.PATIENCE, this.fixture.threads))
			.filter(this.fixture.manager.filter("demo"))
			.build();
		Integer status = client.post()
			.uri(this.fixture.server.url())
			.header("Mcp-Session-Id", "of another user")
			.bodyValue("{}")
			.exchangeToMono((response) -> Mono.just(response.statusCode().value()))
			.block(SessionFixture.PATIENCE);
		assertThat(status).isEqualTo(404);
		assertThat(this.fixture.server.received()).isEmpty();
	}

	private static boolean isListen(Received request, Sinks.Empty<Void> listened) {
		boolean isListen = request.method().equals("GET");
		if (isListen) {
			listened.tryEmitEmpty();
		}
		return isListen;
	}

}
