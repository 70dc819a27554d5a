// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.fixtures.FreePorts;
import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import io.github.mcpoauth.fixtures.TypeScriptServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server asks the user to open an address during a call, in Chromium.
 */
@Tag("browser")
class QuestionBrowserTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	@ParameterizedTest
	@ValueSource(strings = { "legacy", "modern" })
	@DisplayName("A user sees the whole address and its domain, agrees, opens it, and the tool goes on")
	void callToolWhenUserAgreesToTheAddressAndOpensItSucceeds(String protocol) {
		try (SpringAuthorizationServer server = SpringAuthorizationServer.start(Duration.ofHours(1),
				"--demo.protocol=" + protocol, "--demo.calendar=true")) {
			assertOpensAndGoesOn(server.mcpUrl());
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "legacy", "modern" })
	@DisplayName("The same with a server of version 2 of the TypeScript SDK")
	void callToolWhenServerIsOfTheTypeScriptSdkSucceeds(String protocol) throws IOException {
		int port = FreePorts.next();
		URI mcpUrl = URI.create("http://127.0.0.1:%d/mcp".formatted(port));
		try (SpringAuthorizationServer authorizationServer = SpringAuthorizationServer.start(Duration.ofHours(1),
				"--demo.resources=" + mcpUrl);
				TypeScriptServer server = TypeScriptServer.start(authorizationServer.issuer(), port, protocol,
						mcpUrl)) {
			assertOpensAndGoesOn(server.url());
		}
	}

	private static void assertOpensAndGoesOn(URI mcpUrl) {
		try (Agent agent = Agent.open(WebApplicationType.SERVLET, "--mcp.servers.demo.url=" + mcpUrl,
				"--mcp.servers.demo.oauth="); Chromium browser = Chromium.start()) {
			browser.open(agent.page());
			browser.click("form[action$='/connect'] button");
			browser.find("[data-state=connected]");
			assertThat(browser.has(".question")).isFalse();
			CallToolResult asked = call(agent);
			assertThat(asked.structuredContent()).asInstanceOf(InstanceOfAssertFactories.MAP)
				.containsEntry("needs_user", true);
			browser.open(agent.page());
			String address = browser.find(".question .address").getText();
			URI calendar = URI.create(address);
			assertThat(calendar.resolve("/")).isEqualTo(mcpUrl.resolve("/"));
			assertThat(calendar.getQuery()).startsWith("state=");
			assertThat(browser.find(".question strong").getText()).isEqualTo(calendar.getAuthority());
			browser.click("[id^=accept-]");
			assertThat(browser.find("#open").getDomAttribute("href")).isEqualTo(address);
			assertThat(browser.address()).as("the user opens it, and not the page")
				.isNotEqualTo(calendar)
				.hasPath("/mcp/connections/question");
			// In this tab, so that the driver sees it
			browser.run("document.getElementById('open').removeAttribute('target')");
			browser.click("#open");
			browser.click("#allow");
			browser.awaitText("You are logged in. Go back to your agent.");
			CallToolResult answered = call(agent);
			assertThat(answered.isError()).isNotEqualTo(true);
			assertThat(((TextContent) answered.content().get(0)).text()).contains("standup");
			browser.open(agent.page());
			browser.find("[data-state=connected]");
			assertThat(browser.has(".question")).isFalse();
			assertThat(browser.complaints()).isEmpty();
		}
	}

	private static CallToolResult call(Agent agent) {
		return Objects.requireNonNull(agent.session("demo")
			.callTool(CallToolRequest.builder("appointments").arguments(Map.of()).build())
			.block(PATIENCE));
	}

}
