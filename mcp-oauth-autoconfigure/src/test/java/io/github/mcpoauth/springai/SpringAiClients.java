// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration;
import io.github.mcpoauth.autoconfigure.McpOAuthSpringAiAutoConfiguration;
import io.github.mcpoauth.autoconfigure.McpSessionAutoConfiguration;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.ScriptedManager;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.client.common.autoconfigure.McpClientAutoConfiguration;
import org.springframework.ai.mcp.client.common.autoconfigure.McpToolCallbackAutoConfiguration;
import org.springframework.ai.mcp.client.httpclient.autoconfigure.StreamableHttpHttpClientTransportAutoConfiguration;
import org.springframework.ai.mcp.client.webflux.autoconfigure.StreamableHttpWebFluxTransportAutoConfiguration;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.ApplicationContext;

/**
 * The clients of Spring AI, as an application gets them, for each way to have them.
 */
enum SpringAiClients {

	WEBFLUX_SYNC(StreamableHttpWebFluxTransportAutoConfiguration.class, "SYNC"),

	WEBFLUX_ASYNC(StreamableHttpWebFluxTransportAutoConfiguration.class, "ASYNC"),

	JDK_SYNC(StreamableHttpHttpClientTransportAutoConfiguration.class, "SYNC"),

	JDK_ASYNC(StreamableHttpHttpClientTransportAutoConfiguration.class, "ASYNC");

	static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {
	};

	private final Class<?> transport;

	private final String type;

	SpringAiClients(Class<?> transport, String type) {
		this.transport = transport;
		this.type = type;
	}

	/**
	 * An application with one connection, {@code demo}, to a server whose manager a test
	 * decides.
	 */
	ApplicationContextRunner runner(ScriptedManager manager, ScriptedMcpServer server) {
		return new ApplicationContextRunner().withConfiguration(ours())
			.withConfiguration(springAi())
			.withBean(McpOAuthManager.class, () -> manager)
			.withPropertyValues("spring.ai.mcp.client.type=" + this.type, "spring.ai.mcp.client.initialized=false",
					"mcp.servers.demo.oauth=")
			.withPropertyValues(connection("demo", server));
	}

	static AutoConfigurations ours() {
		return AutoConfigurations.of(McpOAuthAutoConfiguration.class, McpSessionAutoConfiguration.class,
				McpOAuthSpringAiAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
				WebClientAutoConfiguration.class);
	}

	AutoConfigurations springAi() {
		return AutoConfigurations.of(this.transport, McpClientAutoConfiguration.class,
				McpToolCallbackAutoConfiguration.class);
	}

	static String[] connection(String name, ScriptedMcpServer server) {
		String prefix = "spring.ai.mcp.client.streamable-http.connections.%s.".formatted(name);
		return new String[] { prefix + "url=" + server.url().resolve("/"), prefix + "endpoint=/mcp" };
	}

	static List<String> tools(ApplicationContext context) {
		return callbacks(context).stream().map((callback) -> callback.getToolDefinition().name()).toList();
	}

	private static List<ToolCallback> callbacks(ApplicationContext context) {
		return Arrays.asList(context.getBean(ToolCallbackProvider.class).getToolCallbacks());
	}

	static ToolCallback tool(ApplicationContext context, String name) {
		return callbacks(context).stream()
			.filter((callback) -> callback.getToolDefinition().name().equals(name))
			.findFirst()
			.orElseThrow(() -> new AssertionError("No tool " + name));
	}

	/**
	 * Call a tool as a chat client does, and read the text of its first content.
	 */
	static String text(ApplicationContext context, String tool, String arguments) {
		String result = tool(context, tool).call(arguments);
		return JsonMapper.shared().readTree(result).at("/0/text").asString(result);
	}

	/**
	 * Call a tool as a chat client does, and read an answer that no server gave.
	 */
	static Map<String, Object> members(ApplicationContext context, String tool, String arguments) {
		return JsonMapper.shared().readValue(tool(context, tool).call(arguments), MEMBERS);
	}

	/**
	 * Call a tool as application code does that has injected the client.
	 */
	@SuppressWarnings("unchecked")
	String direct(ApplicationContext context, String tool, Map<String, Object> arguments) {
		CallToolRequest request = CallToolRequest.builder(tool).arguments(arguments).build();
		CallToolResult result = "SYNC".equals(this.type)
				? ((List<McpSyncClient>) context.getBean("mcpSyncClients")).get(0).callTool(request)
				: ((List<McpAsyncClient>) context.getBean("mcpAsyncClients")).get(0).callTool(request).block(PATIENCE);
		if (result == null) {
			throw new AssertionError("A call must have a result");
		}
		return ((TextContent) result.content().get(0)).text();
	}

	static List<String> methods(ScriptedMcpServer server) {
		List<String> methods = new ArrayList<>();
		server.received().forEach((request) -> methods.add(request.method()));
		methods.removeIf("GET"::equals);
		return methods;
	}

}
