// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Servers that ask for values although they were told that the application does not.
 */
class UnaskedQuestionTests {

	private static final Map<String, Object> FORM = Map.of("message", "Who are you", "requestedSchema",
			Map.of("type", "object", "properties", Map.of("name", Map.of("type", "string"))));

	private final SessionFixture fixture = new SessionFixture();

	private final QuestionRegistry questions = new QuestionRegistry(null,
			new QuestionSettings(Duration.ofMinutes(5), true, "http://127.0.0.1/mcp/connections"), Clock.systemUTC(),
			McpOAuthListener.none(), this.fixture.threads, null);

	private final McpSessions sessions = new McpSessions(this.fixture.manager,
			new WebFluxSessionTransports(this.fixture.manager, WebClient::builder, SessionFixture.PATIENCE,
					this.fixture.threads),
			SessionSettings.defaults(), new McpSessions.Additions(List.of(), this.questions),
			PrincipalCacheSettings.defaults(), this.fixture.threads);

	@BeforeEach
	void connect() {
		this.fixture.server.speak(McpServer.Protocol.LEGACY);
	}

	@AfterEach
	void close() {
		this.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		this.fixture.close();
	}

	private CallToolResult echo() {
		return SessionFixture
			.await(this.sessions.get("demo").callTool(CallToolRequest.builder("echo").arguments(Map.of()).build()));
	}

	private static boolean isCall(Received request) {
		return request.method().equals("tools/call");
	}

	@Test
	void callToolWhenLegacyServerAsksForValuesTellsTheModel() {
		Sinks.One<Received> answer = Sinks.one();
		this.fixture.server.script(1, UnaskedQuestionTests::isCall,
				(request, response, normal) -> ScriptedMcpServer.events(response, Flux.concat(
						Mono.just(ScriptedMcpServer.event(
								Map.of("jsonrpc", "2.0", "id", "q1", "method", "elicitation/create", "params", FORM))),
						answer.asMono()
							.map((received) -> ScriptedMcpServer.event(Map.of("jsonrpc", "2.0", "id",
									request.message().getOrDefault("id", ""), "result", Map.of("isError", true,
											"content", List.of(Map.of("type", "text", "text", "No name")))))))));
		this.fixture.server.script(1, (request) -> "q1".equals(request.message().get("id")),
				(request, response, normal) -> {
					answer.tryEmitValue(request);
					return response.status(202).send();
				});
		assertNeedsUser(echo());
		assertThat(SessionFixture.await(answer.asMono()).message()).containsEntry("result", Map.of("action", "cancel"));
	}

	@Test
	void callToolWhenModernServerAsksForValuesTellsTheModel() {
		this.fixture.server.speak(McpServer.Protocol.MODERN);
		this.fixture.server.script(1, UnaskedQuestionTests::isCall, Fault.result(Map.of("resultType", "input_required",
				"inputRequests", Map.of("q1", Map.of("method", "elicitation/create", "params", FORM)))));
		assertNeedsUser(echo());
	}

	@Test
	void callToolWhenModernServerDemandsFormsTellsTheModel() {
		this.fixture.server.speak(McpServer.Protocol.MODERN);
		this.fixture.server.script(1, UnaskedQuestionTests::isCall, Fault.error(400, -32021));
		assertNeedsUser(echo());
	}

	private static void assertNeedsUser(CallToolResult result) {
		assertThat(result.isError()).isTrue();
		assertThat(SessionFixture.members(result)).containsEntry("needs_user", true)
			.containsEntry("server", "demo")
			.hasEntrySatisfying("error", (error) -> assertThat((String) error).contains("tool 'echo'"));
	}

	@Test
	void callToolWhenServerRequiresAddressesFirstKeepsThem() {
		this.fixture.server.script(1, UnaskedQuestionTests::isCall,
				(request, response, normal) -> ScriptedMcpServer.json(response,
						Map.of("jsonrpc", "2.0", "id", request.message().getOrDefault("id", ""), "error",
								Map.of("code", -32042, "message", "Log in first", "data",
										Map.of("elicitations", List.of(address("1"), address("2")))))));
		assertNeedsUser(echo());
		assertThat(SessionFixture.await(this.questions.waiting(GrantKey.of("demo"))))
			.extracting((question) -> question.url().value())
			.containsExactly("https://login.example.com/1", "https://login.example.com/2");
	}

	private static Map<String, Object> address(String id) {
		return Map.of("mode", "url", "elicitationId", id, "url", "https://login.example.com/" + id, "message",
				"Log in");
	}

}
