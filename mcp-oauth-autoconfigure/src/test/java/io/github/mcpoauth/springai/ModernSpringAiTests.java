// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.springai.SpringAiClientTests.ToolsListener;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedServerTestBase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.ai.mcp.McpToolNamePrefixGenerator;
import org.springframework.ai.mcp.McpToolsChangedEvent;
import org.springframework.ai.tool.ToolCallback;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application on Spring AI whose server speaks the protocol of 2026-07-28, which the
 * clients of Spring AI do not.
 */
class ModernSpringAiTests extends ScriptedServerTestBase {

	@BeforeEach
	void speak() {
		this.server.speak(McpServer.Protocol.MODERN);
	}

	@ParameterizedTest
	@EnumSource
	void toolWhenServerIsModernIsListedAndCalled(SpringAiClients clients) {
		clients.runner(this.manager, this.server).run((context) -> {
			assertThat(SpringAiClients.tools(context)).contains("echo", "write");
			assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}")).isEqualTo("hello");
			this.server.accept("t2");
			this.manager.recoverWith("t2");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t2");
			assertThat(this.server.received("initialize")).as("tried once").hasSize(1);
		});
	}

	@ParameterizedTest
	@EnumSource
	void toolWhenApplicationNamesToolsHasThatName(SpringAiClients clients) {
		clients.runner(this.manager, this.server)
			.withBean(McpToolNamePrefixGenerator.class, () -> (connection, tool) -> "my_" + tool.name())
			.run((context) -> {
				assertThat(SpringAiClients.tools(context)).contains("my_echo");
				assertThat(SpringAiClients.text(context, "my_echo", "{\"text\":\"hello\"}")).isEqualTo("hello");
			});
	}

	@ParameterizedTest
	@EnumSource
	void toolsWhenLoginIsRequiredAppearAfterIt(SpringAiClients clients) {
		this.manager.hold(null);
		BlockingQueue<McpToolsChangedEvent> events = new LinkedBlockingQueue<>();
		clients.runner(this.manager, this.server)
			.withBean(ToolsListener.class, () -> new ToolsListener(events))
			.run((context) -> {
				assertThat(SpringAiClients.members(context, "demo_login_required", "{}")).containsEntry("needs_reauth",
						true);
				this.manager.hold("t1");
				context.publishEvent(new McpOAuthEvent.LoggedIn("demo", null, Instant.now(), "flow", null));
				McpToolsChangedEvent event = events.poll(30, TimeUnit.SECONDS);
				assertThat(event).isNotNull();
				assertThat(event.getTools()).extracting("name").contains("echo", "write");
				assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"after\"}")).isEqualTo("after");
				this.server.accept();
				assertThat(SpringAiClients.members(context, "echo", "{\"text\":\"later\"}"))
					.containsEntry("needs_reauth", true);
			});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("A write without an answer is not sent again, by no client")
	void toolWhenAnswerIsLostIsUncertain(SpringAiClients clients) {
		clients.runner(this.manager, this.server).run((context) -> {
			SpringAiClients.tools(context);
			this.server.script(1, (request) -> request.method().equals("tools/call"), Fault.disconnect());
			assertThat(SpringAiClients.members(context, "write", "{}")).containsEntry("outcome_uncertain", true);
			assertThat(this.server.received("tools/call")).hasSize(1);
		});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("A server that is upgraded while the application runs")
	void toolWhenServerIsUpgradedGoesOnInTheSameCall(SpringAiClients clients) {
		this.server.speak(McpServer.Protocol.LEGACY);
		clients.runner(this.manager, this.server).run((context) -> {
			ToolCallback write = SpringAiClients.tool(context, "write");
			assertThat(write.call("{}")).contains("written 1");
			assertThat(this.server.received("server/discover")).as("Spring AI's client is used").isEmpty();
			this.server.speak(McpServer.Protocol.MODERN);
			assertThat(write.call("{}")).contains("written 2");
			assertThat(SpringAiClients.tools(context)).contains("write");
			assertThat(SpringAiClients.text(context, "write", "{}")).isEqualTo("written 3");
			assertThat(this.server.writes()).isEqualTo(3);
		});
	}

	@ParameterizedTest
	@EnumSource
	void toolWhenProtocolIsConfiguredDoesNotTryTheOther(SpringAiClients clients) {
		this.manager.add(List.copyOf(this.manager.servers()).get(0).withProtocol(McpServer.Protocol.MODERN));
		clients.runner(this.manager, this.server).run((context) -> {
			assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}")).isEqualTo("hello");
			assertThat(this.server.received("initialize")).isEmpty();
		});
	}

	@ParameterizedTest
	@EnumSource
	void toolsWhenLegacyIsConfiguredStayWithTheClientOfSpringAi(SpringAiClients clients) {
		this.manager.add(List.copyOf(this.manager.servers()).get(0).withProtocol(McpServer.Protocol.LEGACY));
		clients.runner(this.manager, this.server).run((context) -> {
			assertThat(SpringAiClients.tools(context)).isEmpty();
			assertThat(this.server.received("server/discover")).isEmpty();
		});
	}

}
