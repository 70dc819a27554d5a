// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.util.List;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ServerRegistry}.
 */
class ServerRegistryTests {

	private final McpServer server = McpServer.of("github", URI.create("https://mcp.example.com/mcp"));

	private final ServerRegistry registry = new ServerRegistry(List.of(this.server), null);

	@Test
	void addWhenThereIsAPageNamesItForServersWithoutOne() {
		ServerRegistry paged = new ServerRegistry(List.of(this.server), "https://agent.example.com/mcp/connections");
		paged.add(McpServer.of("linear", URI.create("https://mcp.linear.app/mcp")));
		paged.add(McpServer.of("own", URI.create("https://own.example.com/mcp")).withPage("https://own.example.com/"));
		assertThat(paged.servers()).extracting((each) -> each.action(each.key()))
			.containsExactly("Connect it at https://agent.example.com/mcp/connections",
					"Connect it at https://agent.example.com/mcp/connections",
					"Connect it at https://own.example.com/");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://mcp.example.com/mcp", "https://mcp.example.com/mcp/",
			"https://mcp.example.com/mcp/a", "https://mcp.example.com:443/mcp?x=y", "HTTPS://MCP.example.com/mcp" })
	void serverForWhenAddressIsAtOrBelowIsTheServer(String url) {
		assertThat(serverFor(URI.create(url))).isEqualTo(this.server);
	}

	@ParameterizedTest
	@DisplayName("Law 11, S21: a token goes to the configured origin and path prefix, nowhere else")
	@ValueSource(strings = { "https://mcp.example.com/mcp-evil", "https://mcp.example.com/", "https://mcp.example.com",
			"https://mcp.example.com/mcp/../admin", "https://mcp.example.com/mcp/%2e%2e/admin",
			"https://mcp.example.com/mcp/..%2fadmin", "https://mcp.example.com/mcp/..;/admin",
			"https://mcp.example.com/mcp/%252e%252e/admin", "https://mcp.example.com/mcp/..%3b/admin",
			"https://mcp.example.com/mcp/.%3B/admin", "https://mcp.example.com/mcp/..%00/admin",
			"https://mcp.example.com/mcp/..%09/admin", "https://mcp.example.com/mcp/a%00b",
			"https://mcp.example.com/mcp/a%2fb", "https://mcp.example.com/mcp/a%1fb",
			"https://mcp.example.com/mcp/%5c..%5cadmin", "https://mcp.example.com//mcp",
			"https://mcp.example.com/mcp//a", "https://mcp.example.com/MCP", "https://user@mcp.example.com/mcp",
			"https://mcp.example.com:8443/mcp", "http://mcp.example.com/mcp", "https://mcp.example.com.evil.org/mcp",
			"https://evil.org/mcp", "ftp://mcp.example.com/mcp", "/mcp" })
	void serverForWhenAddressIsElsewhereIsNull(String url) {
		assertThat(serverFor(URI.create(url))).isNull();
	}

	@Test
	@DisplayName("F45: an encoded path is matched as it is written, and never below it")
	void serverForWhenPathIsEncodedIsMatchedByteForByte() {
		String arn = "https://agents.example.com/runtimes/arn%3Aaws%3Aagent%2Fweather/invocations";
		McpServer agent = McpServer.of("agent", URI.create(arn + "?qualifier=DEFAULT"));
		this.registry.add(agent);
		assertThat(serverFor(agent.url())).isEqualTo(agent);
		assertThat(serverFor(URI.create(arn + "/x"))).isEqualTo(agent);
		assertThat(serverFor(URI.create(arn.replace("%3A", ":")))).isNull();
		assertThat(serverFor(URI.create(arn.replace("%2F", "%2f")))).isNull();
		assertThat(serverFor(URI.create(arn.replace("%2F", "/")))).isNull();
		assertThat(serverFor(URI.create(arn + "/a%2Fb"))).isNull();
	}

	@Test
	void serverForWhenServersAreNestedIsTheInnermost() {
		McpServer inner = McpServer.of("inner", URI.create("https://mcp.example.com/mcp/inner"));
		this.registry.add(inner);
		assertThat(serverFor(URI.create("https://mcp.example.com/mcp/inner/x"))).isEqualTo(inner);
		assertThat(serverFor(URI.create("https://mcp.example.com/mcp/other"))).isEqualTo(this.server);
	}

	@Test
	@DisplayName("F31: names that collide are refused")
	void addWhenNameCollidesFails() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.registry.add(McpServer.of("GitHub", URI.create("https://other.example.com/mcp"))))
			.withMessageContaining("'github' and 'GitHub'");
		assertThat(this.registry.servers()).containsExactly(this.server);
	}

	@Test
	void getWhenServerIsUnknownNamesTheKnownOnes() {
		assertThatExceptionOfType(UnknownServerException.class).isThrownBy(() -> this.registry.get("gitlab"))
			.withMessage("There is no MCP server named 'gitlab'. Known servers: github");
	}

	@Test
	void removeWhenServerIsThereForgetsItsAddress() {
		assertThat(this.registry.remove("github")).isTrue();
		assertThat(this.registry.remove("github")).isFalse();
		assertThat(serverFor(this.server.url())).isNull();
	}

	private @Nullable McpServer serverFor(URI url) {
		List<ServerRegistry.Entry> entries = this.registry.find(url);
		return (entries != null) ? entries.get(0).server() : null;
	}

}
