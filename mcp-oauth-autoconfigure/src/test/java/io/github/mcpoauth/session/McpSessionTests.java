// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedServerTestBase;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What callers of a session see, with real HTTP on the other side.
 */
class McpSessionTests extends ScriptedServerTestBase {

	private final WorkThreads threads = WorkThreads.platform();

	private final McpSessions sessions = new McpSessions(this.manager,
			new WebFluxSessionTransports(this.manager, WebClient::builder, Duration.ofSeconds(15), this.threads),
			new SessionSettings(Duration.ofSeconds(20), Duration.ofSeconds(15), 3, Duration.ofSeconds(60)), List.of(),
			PrincipalCacheSettings.defaults(), this.threads);

	private final BlockingMcpSession session = this.sessions.get("demo").blocking();

	@AfterEach
	void close() {
		this.sessions.closeGracefully().block();
		this.threads.close();
	}

	@Test
	void getWhenNothingIsCalledDoesNotConnect() {
		assertThat(this.sessions.get("demo")).isNotNull();
		assertThat(this.server.received()).isEmpty();
	}

	@Test
	void getWhenServerIsUnknownThrows() {
		assertThatExceptionOfType(UnknownServerException.class).isThrownBy(() -> this.sessions.get("other"));
	}

	@Test
	void callToolWhenAuthorizedAnswersTheResult() {
		assertThat(text(echo("hello"))).isEqualTo("hello");
		assertThat(text(echo("again"))).isEqualTo("again");
		assertThat(this.server.received("initialize")).hasSize(1);
	}

	@Test
	void callToolWhenTokenIsRejectedOnceIsSentAgainOnTheSameSession() {
		echo("hello");
		this.server.accept("t2");
		this.manager.recoverWith("t2");
		assertThat(text(echo("again"))).isEqualTo("again");
		assertThat(this.server.received("initialize")).hasSize(1);
		assertThat(this.server.received("tools/call").stream().map(ScriptedMcpServer.Received::token))
			.containsExactly("t1", "t1", "t2");
	}

	@Test
	void callToolWhenLoginIsRequiredAnswersNeedsReauth() {
		echo("hello");
		this.server.accept();
		CallToolResult result = echo("again");
		assertThat(result.isError()).isTrue();
		assertThat(result.structuredContent()).isEqualTo(Map.of("error", """
				MCP server 'demo' requires re-authentication: the server rejected its token. \
				Run `mcp login demo`. Do NOT retry this tool: ask the user to re-authenticate.""", "needs_reauth", true,
				"server", "demo"));
		assertThat(text(result)).startsWith("{\"error\":\"MCP server 'demo' requires re-authentication")
			.endsWith("\"needs_reauth\":true,\"server\":\"demo\"}");
	}

	@Test
	void listToolsWhenLoginIsRequiredThrows() {
		this.server.accept();
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this.session::listTools);
	}

	@Test
	void callToolWhenAuthorizationIsDownThrows() {
		echo("hello");
		this.server.accept();
		this.manager.recoverWith(Recovery.transientFailure("the token endpoint is down", Duration.ofSeconds(7)));
		assertThatExceptionOfType(TransientAuthorizationException.class).isThrownBy(() -> echo("again"))
			.satisfies((ex) -> assertThat(ex.getRetryAfter()).isEqualTo(Duration.ofSeconds(7)));
	}

	@Test
	@DisplayName("F40 a raw 401 never poisons a client")
	void callToolWhenFirstConnectIsRejectedConnectsLater() {
		this.server.accept();
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this.session::connect);
		this.server.accept("t2");
		this.manager.hold("t2");
		assertThat(text(echo("hello"))).isEqualTo("hello");
	}

	@Test
	@DisplayName("F39 the tool call's 401 is recovered too")
	void callToolWhenOnlyCallsAreProtectedIsRecovered() {
		this.server.acceptAnonymousInitialize();
		this.server.accept("t2");
		this.manager.recoverWith("t2");
		assertThat(text(echo("hello"))).isEqualTo("hello");
		assertThat(this.server.received("initialize")).hasSize(1);
	}

	@Test
	void closeWhenCalledAfterwardsThrows() {
		echo("hello");
		this.sessions.closeGracefully().block();
		assertThat(this.server.received("DELETE")).hasSize(1);
		assertThatExceptionOfType(McpCallException.class).isThrownBy(() -> echo("again"))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.CLOSED));
	}

	@Test
	void toolClientWhenUsedSpeaksJson() {
		McpToolClient tools = this.sessions;
		assertThat(tools.listTools("demo").block()).extracting((tool) -> tool.get("name")).contains("echo", "write");
		assertThat(tools.callTool("demo", "echo", Map.of("text", "hello")).block()).containsEntry("content",
				List.of(Map.of("type", "text", "text", "hello")));
		assertThatExceptionOfType(UnknownToolException.class)
			.isThrownBy(() -> tools.callTool("demo", "nothing", Map.of()).block());
	}

	private CallToolResult echo(String text) {
		return this.session.callTool(CallToolRequest.builder("echo").arguments(Map.of("text", text)).build());
	}

	private static String text(CallToolResult result) {
		return ((TextContent) result.content().get(0)).text();
	}

}
