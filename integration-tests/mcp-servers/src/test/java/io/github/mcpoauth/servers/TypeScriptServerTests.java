// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.fixtures.FreePorts;
import io.github.mcpoauth.fixtures.TypeScriptServer;
import io.github.mcpoauth.samples.demo.DemoServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static io.github.mcpoauth.servers.AgentApplication.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * An application with the starter against a server of the TypeScript SDK, which asks the
 * demo authorization server about every token.
 */
@Tag("npm")
class TypeScriptServerTests {

	private static int port;

	private static DemoServer authorizationServer;

	@TempDir
	private Path store;

	private TypeScriptServer server;

	private AgentApplication agent;

	@BeforeAll
	static void startAuthorizationServer() {
		port = FreePorts.next();
		authorizationServer = DemoServer.start("--server.port=0", "--demo.auto-login=true",
				"--demo.resources=http://127.0.0.1:%d/mcp".formatted(port));
	}

	@AfterAll
	static void stopAuthorizationServer() {
		authorizationServer.close();
	}

	@BeforeEach
	void start() throws IOException {
		this.server = TypeScriptServer.start(authorizationServer.url(), port);
		this.agent = AgentApplication.start(this.server.url(), this.store);
	}

	@AfterEach
	void stop() {
		this.agent.close();
		this.server.close();
	}

	@Test
	void operationsWhenLoggedInAnswerWhatTheServerSays() throws Exception {
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> this.agent.session().listTools().block(PATIENCE));
		this.agent.logIn();
		assertThat(echo("hello")).isEqualTo("hello");
		assertThat(await(this.agent.session().listTools())).extracting(Tool::name).contains("echo", "large");
		assertThat(await(this.agent.session().listResources())).extracting(Resource::uri).contains("demo://greeting");
		assertThat(await(this.agent.session().readResource(ReadResourceRequest.builder("demo://greeting").build()))
			.contents()).extracting((contents) -> ((TextResourceContents) contents).text()).containsExactly("hello");
		assertThat(await(this.agent.session().listPrompts())).extracting(Prompt::name).containsExactly("greet");
		assertThat(await(this.agent.session()
			.getPrompt(GetPromptRequest.builder("greet").arguments(Map.of("name", "Ada")).build())).messages())
			.hasSize(1);
		assertThat(this.server.stat("opened")).isEqualTo(1);
	}

	@Test
	@DisplayName("A token that was revoked is renewed once for all, and the session goes on")
	void callToolWhenTokenWasRevokedIsRecoveredOnTheSameSession() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		authorizationServer.controls().revokeAccessTokens();
		long refreshes = refreshes();
		assertThat(parallel(10)).hasSize(10);
		assertThat(refreshes()).isEqualTo(refreshes + 1);
		assertThat(this.server.stat("opened")).isEqualTo(1);
	}

	@Test
	@DisplayName("Ten parallel calls over a dying session end as ten results")
	void callToolWhenSessionIsForgottenShareTheNextOne() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		this.server.forgetSessions();
		assertThat(parallel(10)).hasSize(10);
		assertThat(this.server.stat("opened")).isEqualTo(2);
	}

	@Test
	@DisplayName("F25 after a restart of the server, with a revoked token besides, the next call is a result")
	void callToolWhenServerWasRestartedIsAnsweredByTheNewOne() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		this.server.close();
		authorizationServer.controls().revokeAccessTokens();
		this.server = TypeScriptServer.start(authorizationServer.url(), port);
		assertThat(echo("after")).isEqualTo("after");
		assertThat(this.server.stat("opened")).isEqualTo(1);
	}

	@Test
	@DisplayName("F6 when the grant is revoked, the model is told whom to ask")
	void callToolWhenGrantIsRevokedAnswersNeedsReauth() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		authorizationServer.controls().revokeGrants();
		CallToolResult result = call("echo", Map.of("message", "again"));
		assertThat(result.isError()).isTrue();
		assertThat(((TextContent) result.content().get(0)).text()).contains("\"needs_reauth\":true",
				"mcp login remote");
		this.agent.logIn();
		assertThat(echo("after")).isEqualTo("after");
	}

	@Test
	@DisplayName("A large result and reports of progress pass through untouched")
	void callToolWhenResultIsStreamedPassesAllOfIt() throws Exception {
		this.agent.logIn();
		assertThat(text(call("large", Map.of("size", 3_000_000)))).hasSize(3_000_000);
		assertThat(text(await(this.agent.session()
			.callTool(CallToolRequest.builder("count").arguments(Map.of("steps", 50)).progressToken("p").build()))))
			.isEqualTo("50 steps");
	}

	@Test
	@DisplayName("F24 a cancelled call leaves the session to the others")
	void callToolWhenCancelledLeavesTheSessionUsable() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		BlockingQueue<String> ended = new LinkedBlockingQueue<>();
		Disposable waiting = this.agent.session()
			.callTool(CallToolRequest.builder("wait").arguments(Map.of()).build())
			.doFinally((signal) -> ended.add(signal.toString()))
			.subscribe();
		assertThat(echo("meanwhile")).isEqualTo("meanwhile");
		waiting.dispose();
		assertThat(ended.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo("cancel");
		assertThat(echo("after")).isEqualTo("after");
		assertThat(this.server.stat("opened")).isEqualTo(1);
	}

	private static long refreshes() {
		return authorizationServer.stats()
			.tokenRequests()
			.getOrDefault("refresh_token", Map.of())
			.getOrDefault("ok", 0L);
	}

	private String echo(String message) {
		return text(call("echo", Map.of("message", message)));
	}

	private List<String> parallel(int calls) {
		return await(Flux.fromStream(IntStream.range(0, calls).mapToObj(Integer::toString))
			.flatMap((message) -> this.agent.session()
				.callTool(CallToolRequest.builder("echo").arguments(Map.of("message", message)).build()))
			.map(TypeScriptServerTests::text)
			.distinct()
			.collectList());
	}

	private CallToolResult call(String tool, Map<String, Object> arguments) {
		return await(this.agent.session().callTool(CallToolRequest.builder(tool).arguments(arguments).build()));
	}

	private static String text(CallToolResult result) {
		assertThat(result.isError()).as("%s", result).isNotEqualTo(true);
		return ((TextContent) result.content().get(0)).text();
	}

	private static <T> T await(Mono<T> answer) {
		return Objects.requireNonNull(answer.block(PATIENCE));
	}

}
