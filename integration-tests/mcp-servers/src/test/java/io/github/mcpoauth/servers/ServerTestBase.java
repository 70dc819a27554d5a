// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.samples.demo.DemoServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An agent, and a proxy in front of a real MCP server with a real authorization server.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ServerTestBase {

	final FaultyProxy proxy = new FaultyProxy();

	Path store = Path.of("");

	AgentApplication agent;

	/**
	 * The address that clients know the MCP server by.
	 * @return the address of what stands in front of it
	 */
	final URI publicUrl() {
		return this.proxy.url();
	}

	/**
	 * The MCP server.
	 * @return its own address
	 */
	abstract URI server();

	abstract DemoServer authorizationServer();

	@BeforeAll
	void chooseServer() {
		this.proxy.target(server());
	}

	@AfterAll
	void closeProxy() {
		this.proxy.close();
	}

	@BeforeEach
	void startAgent(@TempDir Path store) {
		this.proxy.reset();
		this.store = store;
		this.agent = AgentApplication.start(this.proxy.url(), store);
	}

	@AfterEach
	void closeAgent() {
		this.agent.close();
	}

	static String text(CallToolResult result) {
		assertThat(result.isError()).as("%s", result).isNotEqualTo(true);
		return ((TextContent) result.content().get(0)).text();
	}

	@SuppressWarnings("unchecked")
	static Map<String, Object> members(CallToolResult result) {
		assertThat(result.isError()).as("%s", result).isEqualTo(true);
		return (Map<String, Object>) result.structuredContent();
	}

	static <T> T await(Mono<T> answer) {
		return Objects.requireNonNull(answer.block(AgentApplication.PATIENCE));
	}

}
