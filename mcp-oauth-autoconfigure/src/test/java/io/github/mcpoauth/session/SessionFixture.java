// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.testing.ScriptedManager;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.web.reactive.function.client.WebClient;

/**
 * A scripted server, a scripted manager and the session between them.
 */
final class SessionFixture implements AfterEachCallback, AutoCloseable {

	/**
	 * Longer than any test takes, for waits that must not be what ends it.
	 */
	static final Duration FOREVER = Duration.ofMinutes(5);

	static final Duration PATIENCE = Duration.ofSeconds(30);

	final ScriptedMcpServer server = ScriptedMcpServer.start();

	final ScriptedManager manager = ScriptedManager.of("demo", this.server.url());

	private final AtomicLong nanoTime = new AtomicLong();

	final WorkThreads threads;

	final McpSessions sessions;

	private static final SessionSettings SETTINGS = new SessionSettings(FOREVER, Duration.ofSeconds(20), 3,
			Duration.ofSeconds(60));

	SessionFixture() {
		this(SETTINGS);
	}

	SessionFixture(SessionSettings settings, SessionCustomizer... customizers) {
		this(settings, WorkThreads.platform(), SessionFixture::webFlux, customizers);
	}

	/**
	 * Deadlines and pauses end when a test says so.
	 */
	SessionFixture(VirtualTimeScheduler timer) {
		this(SETTINGS,
				WorkThreads.of(Schedulers.boundedElastic(), Schedulers.boundedElastic(), timer, System::nanoTime),
				SessionFixture::webFlux);
	}

	private SessionFixture(SessionSettings settings, WorkThreads threads, Transports transports,
			SessionCustomizer... customizers) {
		this.threads = threads;
		this.sessions = new McpSessions(this.manager,
				new SessionClients(transports.create(this.manager, settings, threads), settings, List.of(customizers),
						threads, QuestionRegistry.unanswered()),
				new PrincipalCacheSettings(10, Duration.ofMinutes(30)), this.nanoTime::get);
		this.server.accept("t1");
		this.manager.hold("t1");
	}

	private static SessionTransports webFlux(McpOAuthManager manager, SessionSettings settings, WorkThreads threads) {
		return new WebFluxSessionTransports(manager, WebClient::builder, settings.connectTimeout(), threads);
	}

	/**
	 * The same over the JDK's HTTP client.
	 */
	static SessionFixture overHttpClient() {
		return overHttpClient(SETTINGS);
	}

	static SessionFixture overHttpClient(SessionSettings settings, SessionCustomizer... customizers) {
		return new SessionFixture(settings, WorkThreads.platform(),
				(manager, all, threads) -> new HttpClientSessionTransports(manager, all.connectTimeout(), threads),
				customizers);
	}

	/**
	 * Let time pass for pauses, which the clock has no part in.
	 */
	void pass(Duration duration) {
		this.nanoTime.addAndGet(duration.toNanos());
	}

	McpServerSession session() {
		return this.sessions.get("demo");
	}

	CallToolResult echo(String text) {
		return await(call("echo", Map.of("text", text)));
	}

	CallToolResult write() {
		return await(call("write", Map.of()));
	}

	Mono<CallToolResult> call(String tool, Map<String, Object> arguments) {
		return session().callTool(CallToolRequest.builder(tool).arguments(arguments).build());
	}

	static <T> T await(Mono<T> answer) {
		T value = answer.block(PATIENCE);
		if (value == null) {
			throw new AssertionError("A call must have an answer");
		}
		return value;
	}

	static String text(CallToolResult result) {
		return ((TextContent) result.content().get(0)).text();
	}

	/**
	 * The members of a result that was made up here.
	 */
	@SuppressWarnings("unchecked")
	static Map<String, Object> members(CallToolResult result) {
		return (Map<String, Object>) result.structuredContent();
	}

	/**
	 * What was sent to the server, after it was asked for its protocol.
	 */
	List<String> methods() {
		return this.server.received()
			.stream()
			.map(ScriptedMcpServer.Received::method)
			.filter((method) -> !List.of("GET", "server/discover").contains(method))
			.toList();
	}

	@Override
	public void afterEach(ExtensionContext context) {
		close();
	}

	@Override
	public void close() {
		this.sessions.closeGracefully().block(PATIENCE);
		this.server.close();
		this.threads.close();
	}

	private interface Transports {

		SessionTransports create(McpOAuthManager manager, SessionSettings settings, WorkThreads threads);

	}

}
