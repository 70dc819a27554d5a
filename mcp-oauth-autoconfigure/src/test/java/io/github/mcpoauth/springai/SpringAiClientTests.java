// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import io.github.mcpoauth.testing.ScriptedServerTestBase;
import io.modelcontextprotocol.client.McpClient.AsyncSpec;
import io.modelcontextprotocol.client.McpClient.SyncSpec;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.ai.mcp.McpToolFilter;
import org.springframework.ai.mcp.McpToolNamePrefixGenerator;
import org.springframework.ai.mcp.McpToolsChangedEvent;
import org.springframework.ai.mcp.customizer.McpClientCustomizer;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What an application on Spring AI sees of tokens, sessions and logins.
 */
class SpringAiClientTests extends ScriptedServerTestBase {

	@ParameterizedTest
	@EnumSource
	void toolWhenTokenIsGoodIsListedAndCalled(SpringAiClients clients) {
		run(clients, (context) -> {
			assertThat(SpringAiClients.tools(context)).contains("echo", "write");
			assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}")).isEqualTo("hello");
			assertThat(clients.direct(context, "echo", Map.of("text", "direct"))).isEqualTo("direct");
			assertThat(this.server.received()).allSatisfy((request) -> assertThat(request.token()).isEqualTo("t1"));
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F40 a token that was revoked is replaced and the client goes on")
	void toolWhenTokenIsRevokedIsCalledWithTheNextOne(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.accept("t2");
			this.manager.recoverWith("t2");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t2");
			assertThat(this.server.sessions()).isOne();
			this.server.accept("t3");
			this.manager.recoverWith("t3");
			assertThat(clients.direct(context, "whoami", Map.of())).isEqualTo("t3");
			assertThat(this.server.received("initialize")).hasSize(1);
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F25 a server that has forgotten the session gets the call on a new one")
	void toolWhenSessionIsForgottenIsCalledOnANewOne(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.forgetSessions();
			assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"again\"}")).isEqualTo("again");
			this.server.forgetSessions();
			assertThat(clients.direct(context, "echo", Map.of("text", "direct"))).isEqualTo("direct");
			assertThat(this.server.received("initialize")).hasSize(3);
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F25 one token and one session per call, in that order")
	void toolWhenTokenAndSessionAreGoneGetsOneOfEach(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.forgetSessions();
			this.server.accept("t2");
			this.manager.recoverWith("t2");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t2");
			assertThat(this.manager.rejections()).hasSize(1);
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F25 a session that is refused like a token is replaced when the token was just renewed")
	void toolWhenExpiredSessionIsRefusedAsUnauthorizedGetsANewOne(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			String session = this.server.received("tools/call").get(0).session();
			this.server.accept("t1", "t2");
			this.server.script(100, (request) -> request.session() != null && request.session().equals(session),
					Fault.status(401));
			this.manager.recoverWith("t2");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t2");
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("Ten parallel calls over a dying session end as ten results")
	void toolWhenManyLoseTheSameSessionShareTheNextOne(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.forgetSessions();
			ExecutorService executor = Executors.newFixedThreadPool(10);
			try {
				List<Future<String>> calls = IntStream.range(0, 10)
					.mapToObj((i) -> executor
						.submit(() -> SpringAiClients.text(context, "echo", "{\"text\":\"%d\"}".formatted(i))))
					.toList();
				for (int i = 0; i < 10; i++) {
					assertThat(calls.get(i).get(30, TimeUnit.SECONDS)).isEqualTo(String.valueOf(i));
				}
			}
			finally {
				executor.shutdownNow();
			}
			assertThat(this.server.received("initialize")).hasSize(2);
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F39 a server that lets every client connect and refuses the call")
	void toolWhenServerAcceptsAnonymousInitializeIsRecoveredToo(SpringAiClients clients) {
		this.server.acceptAnonymousInitialize();
		this.manager.hold(null);
		run(clients, (context) -> {
			assertThat(SpringAiClients.tools(context)).containsExactly("demo_login_required");
			this.manager.hold("t1");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t1");
			this.server.accept("t2");
			this.manager.recoverWith("t2");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t2");
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("The model is told that a login is required, after one request to the server")
	void toolWhenLoginIsRequiredAnswersNeedsReauth(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.accept();
			assertNeedsReauth(SpringAiClients.members(context, "echo", "{\"text\":\"hello\"}"));
			int requests = this.server.received().size();
			assertThat(ErrorLog.during(() -> assertNeedsReauth(SpringAiClients.members(context, "write", "{}"))))
				.isEmpty();
			assertThat(this.server.received()).hasSize(requests);
			assertThat(SpringAiClients.tools(context)).contains("echo", "write");
			this.server.accept("t9");
			this.manager.hold("t9");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t9");
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F21 an endless 401 costs a bounded number of requests")
	void toolWhenEveryTokenIsRefusedDoesNotStorm(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			int before = this.server.received().size();
			this.server.accept();
			this.manager.recoverWith("t2");
			for (int i = 0; i < 20; i++) {
				assertNeedsReauth(SpringAiClients.members(context, "echo", "{\"text\":\"hello\"}"));
			}
			assertThat(this.server.received().size() - before).isLessThanOrEqualTo(4);
		});
	}

	@ParameterizedTest
	@EnumSource
	void toolsWhenOneServerNeedsALoginAreThoseOfTheOthers(SpringAiClients clients) {
		this.manager.hold(null);
		try (ScriptedMcpServer healthy = ScriptedMcpServer.start();
				ScriptedMcpServer open = ScriptedMcpServer.start()) {
			this.manager.add(McpServer.of("healthy", healthy.url()));
			clients.runner(this.manager, this.server)
				.withPropertyValues("mcp.servers.healthy.oauth=")
				.withPropertyValues(SpringAiClients.connection("healthy", healthy))
				.withPropertyValues(SpringAiClients.connection("open", open))
				.withBean("onlyEchoOfHealthy", McpToolFilter.class,
						() -> (connection, tool) -> (tool.name().equals("echo") || tool.name().equals("write")))
				.withBean("names", McpToolNamePrefixGenerator.class,
						() -> (connection, tool) -> title(connection.clientInfo()) + "_" + tool.name())
				.run((context) -> {
					assertThat(SpringAiClients.tools(context)).containsExactlyInAnyOrder("demo_login_required",
							"healthy_echo", "healthy_write", "open_echo", "open_write");
					assertThat(SpringAiClients.text(context, "healthy_echo", "{\"text\":\"hello\"}"))
						.isEqualTo("hello");
					assertThat(SpringAiClients.text(context, "open_echo", "{\"text\":\"hello\"}")).isEqualTo("hello");
					assertNeedsReauth(SpringAiClients.members(context, "demo_login_required", "{}"));
				});
		}
	}

	private static String title(Implementation client) {
		return client.name().substring(client.name().lastIndexOf(' ') + 1);
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F4 after a login, here or elsewhere, the tools appear without a restart")
	void toolsWhenSomebodyLogsInAppear(SpringAiClients clients) throws Exception {
		this.manager.hold(null);
		BlockingQueue<McpToolsChangedEvent> events = new LinkedBlockingQueue<>();
		clients.runner(this.manager, this.server)
			.withBean(ToolsListener.class, () -> new ToolsListener(events))
			.run((context) -> {
				assertThat(SpringAiClients.tools(context)).containsExactly("demo_login_required");
				int requests = this.server.received().size();
				assertThat(SpringAiClients.tools(context)).containsExactly("demo_login_required");
				assertThat(this.server.received()).hasSize(requests);
				this.manager.hold("t1");
				context.publishEvent(new McpOAuthEvent.LoggedIn("demo", null, Instant.now(), "flow", null));
				McpToolsChangedEvent event = events.poll(30, TimeUnit.SECONDS);
				assertThat(event).isNotNull();
				assertThat(event.getConnectionName()).isEqualTo("demo");
				assertThat(event.getTools()).extracting("name").contains("echo", "write");
				assertThat(SpringAiClients.tools(context)).contains("echo", "write")
					.doesNotContain("demo_login_required");
			});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("F26 a write whose connection breaks is not sent again, and the model is told")
	void toolWhenConnectionBreaksSaysThatTheOutcomeIsUncertain(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.script(1, SpringAiClientTests::isCall, Fault.disconnect());
			Map<String, Object> members = SpringAiClients.members(context, "write", "{}");
			assertThat(members).containsEntry("outcome_uncertain", true)
				.containsEntry("server", "demo")
				.doesNotContainKey("needs_reauth");
			assertThat(String.valueOf(members.get("error"))).contains("'write'", "may or may not");
			assertThat(this.server.received("tools/call")).hasSize(2);
			assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"again\"}")).isEqualTo("again");
		});
	}

	@ParameterizedTest
	@EnumSource
	void toolWhenServerFailsAgainAndAgainIsLeftAlone(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.script(100, SpringAiClientTests::isCall, Fault.status(503));
			for (int i = 0; i < 3; i++) {
				assertThat(ErrorLog.during(() -> assertThatExceptionOfType(ToolExecutionException.class)
					.isThrownBy(() -> SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}"))
					.withMessage("MCP server 'demo' answered with HTTP status 503")))
					.containsExactly("The call of tool 'echo' failed: MCP server 'demo' answered with HTTP status 503");
			}
			int requests = this.server.received().size();
			assertThat(ErrorLog.during(() -> assertThatExceptionOfType(ToolExecutionException.class)
				.isThrownBy(() -> SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}"))
				.withMessageContaining("are paused for 60 s")
				.withMessageNotContaining("Do NOT retry"))).isEmpty();
			assertThat(this.server.received()).hasSize(requests);
		});
	}

	@ParameterizedTest
	@EnumSource
	void toolWhenItFailsItselfSaysSoAsEver(SpringAiClients clients) {
		run(clients,
				(context) -> assertThat(ErrorLog.during(() -> assertThatExceptionOfType(ToolExecutionException.class)
					.isThrownBy(() -> SpringAiClients.text(context, "fail", "{}"))
					.withMessageContaining("it failed"))).singleElement()
					.satisfies((error) -> assertThat(error).contains("'fail'", "it failed")));
	}

	@ParameterizedTest
	@EnumSource
	void toolWhenServerWasRestartedIsCalledAgain(SpringAiClients clients) {
		run(clients, (context) -> {
			SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
			this.server.stop();
			// A client may not have noticed yet that its connection is gone
			assertThat(outcome(() -> SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}")))
				.containsAnyOf("cannot be reached", "\"outcome_uncertain\":true");
			this.server.comeBack();
			assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"again\"}")).isEqualTo("again");
		});
	}

	@ParameterizedTest
	@EnumSource
	void clientWhenCustomizedKeepsWhatTheApplicationWants(SpringAiClients clients) {
		clients.runner(this.manager, this.server).withUserConfiguration(Customizers.class).run((context) -> {
			assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}")).isEqualTo("hello");
			Received initialize = this.server.received("initialize").get(0);
			assertThat(initialize.params().get("clientInfo")).isEqualTo(Map.of("name", "mine", "version", "1"));
		});
	}

	private void run(SpringAiClients clients, ThrowingConsumer test) {
		clients.runner(this.manager, this.server).run(test::accept);
	}

	private static String outcome(Supplier<String> call) {
		try {
			return call.get();
		}
		catch (ToolExecutionException ex) {
			return String.valueOf(ex.getMessage());
		}
	}

	private static boolean isCall(Received request) {
		return "tools/call".equals(request.method());
	}

	private static void assertNeedsReauth(Map<String, Object> members) {
		assertThat(members).containsOnlyKeys("error", "needs_reauth", "server")
			.containsEntry("needs_reauth", true)
			.containsEntry("server", "demo");
		assertThat(String.valueOf(members.get("error"))).contains("mcp login demo", "Do NOT retry")
			.doesNotContain("401");
	}

	interface ThrowingConsumer {

		void accept(AssertableApplicationContext context) throws Exception;

	}

	record ToolsListener(
			BlockingQueue<McpToolsChangedEvent> events) implements ApplicationListener<McpToolsChangedEvent> {

		@Override
		public void onApplicationEvent(McpToolsChangedEvent event) {
			this.events.add(event);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Customizers {

		@Bean
		McpClientCustomizer<SyncSpec> sync() {
			return (name, spec) -> spec.clientInfo(Implementation.builder("mine", "1").build());
		}

		@Bean
		McpClientCustomizer<AsyncSpec> async() {
			return (name, spec) -> spec.clientInfo(Implementation.builder("mine", "1").build());
		}

	}

}
