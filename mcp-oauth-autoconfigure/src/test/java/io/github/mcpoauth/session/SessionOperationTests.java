// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest.CompleteArgument;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * All six operations: recovered, waiting for a person, and failed for other reasons.
 */
class SessionOperationTests {

	@RegisterExtension
	final SessionFixture fixture = fixture();

	static List<Arguments> operations() {
		return List.of(
				operation("tools/call",
						(session) -> session
							.callTool(CallToolRequest.builder("echo").arguments(Map.of("text", "hello")).build())),
				operation("tools/list", McpServerSession::listTools),
				operation("resources/list", McpServerSession::listResources),
				operation("resources/read",
						(session) -> session.readResource(ReadResourceRequest.builder("memo://one").build())),
				operation("resources/templates/list", McpServerSession::listResourceTemplates),
				operation("completion/complete",
						(session) -> session.complete(CompleteRequest
							.builder(new PromptReference("greet"), new CompleteArgument("tone", "ki"))
							.build())),
				operation("prompts/list", McpServerSession::listPrompts),
				operation("prompts/get", (session) -> session.getPrompt(GetPromptRequest.builder("greet").build())));
	}

	SessionFixture fixture() {
		return new SessionFixture();
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("operations")
	void operationWhenTokenIsRefusedOnceIsRecovered(String method, Function<McpServerSession, Mono<?>> operation) {
		SessionFixture.await(this.fixture.session().connect());
		this.fixture.server.accept("t2");
		this.fixture.manager.recoverWith("t2");
		assertThat(SessionFixture.await(operation.apply(this.fixture.session()))).isNotNull();
		assertThat(this.fixture.server.received(method)).extracting("token").containsExactly("t1", "t2");
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("operations")
	void operationWhenSessionIsForgottenIsRecovered(String method, Function<McpServerSession, Mono<?>> operation) {
		SessionFixture.await(this.fixture.session().connect());
		this.fixture.server.forgetSessions();
		assertThat(SessionFixture.await(operation.apply(this.fixture.session()))).isNotNull();
		assertThat(this.fixture.server.received(method)).hasSize(2);
		assertThat(this.fixture.server.received("initialize")).hasSize(2);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("operations")
	void operationWhenTokenIsRefusedForGoodNeedsReauthorization(String method,
			Function<McpServerSession, Mono<?>> operation) {
		SessionFixture.await(this.fixture.session().connect());
		this.fixture.server.accept();
		Mono<?> call = operation.apply(this.fixture.session());
		if (method.equals("tools/call")) {
			CallToolResult result = (CallToolResult) SessionFixture.await(call);
			assertThat(result.isError()).isTrue();
			assertThat(SessionFixture.members(result)).containsOnlyKeys("error", "needs_reauth", "server")
				.containsEntry("needs_reauth", true);
		}
		else {
			assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(() -> SessionFixture.await(call))
				.satisfies((ex) -> assertThat(ex.getServer()).isEqualTo("demo"));
		}
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("operations")
	void operationWhenForbiddenFailsWithoutNeedingReauthorization(String method,
			Function<McpServerSession, Mono<?>> operation) {
		SessionFixture.await(this.fixture.session().connect());
		this.fixture.server.script(1, (request) -> request.method().equals(method), Fault.status(403));
		assertThatExceptionOfType(McpCallException.class)
			.isThrownBy(() -> SessionFixture.await(operation.apply(this.fixture.session())))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.REFUSED));
		assertThat(this.fixture.server.received(method)).hasSize(1);
		assertThat(this.fixture.manager.rejections()).isEmpty();
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("operations")
	void operationWhenAnsweredWithAnErrorFailsWithIt(String method, Function<McpServerSession, Mono<?>> operation) {
		SessionFixture.await(this.fixture.session().connect());
		this.fixture.server.script(1, (request) -> request.method().equals(method), Fault.error(200, -32603));
		assertThatExceptionOfType(McpCallException.class)
			.isThrownBy(() -> SessionFixture.await(operation.apply(this.fixture.session())))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.REFUSED))
			.satisfies((ex) -> assertThat(ex.getErrorCode()).isEqualTo(-32603));
		assertThat(this.fixture.server.received(method)).hasSize(1);
	}

	private static Arguments operation(String method, Function<McpServerSession, Mono<?>> operation) {
		return Arguments.of(method, Named.of(method, operation));
	}

}
