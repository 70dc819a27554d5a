// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema;

import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStreamableServerTransportProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * An MCP server with a few tools on the streamable HTTP transport, in both protocols.
 */
@Configuration(proxyBeanMethods = false)
class McpServerConfiguration {

	@Bean(destroyMethod = "")
	WebMvcStreamableServerTransportProvider mcpTransport() {
		return WebMvcStreamableServerTransportProvider.builder().mcpEndpoint(ProtectedResource.PATH).build();
	}

	@Bean
	RouterFunction<ServerResponse> mcpRoutes(WebMvcStreamableServerTransportProvider transport) {
		return transport.getRouterFunction();
	}

	@Bean
	McpSyncServer mcpServer(WebMvcStreamableServerTransportProvider transport, DemoProperties properties,
			ThirdParty thirdParty) {
		List<SyncToolSpecification> tools = new ArrayList<>(
				tools().stream().map(McpServerConfiguration::specification).toList());
		if (properties.calendar()) {
			tools.add(appointments(thirdParty));
		}
		return McpServer.sync(transport)
			.serverInfo("demo-server", "1.0.0")
			.capabilities(McpSchema.ServerCapabilities.builder().tools(false).build())
			.tools(tools)
			.build();
	}

	@Bean
	ModernProtocol modernProtocol(DemoProperties properties, ThirdParty thirdParty) {
		return new ModernProtocol(properties.protocol(), tools(), properties.calendar() ? thirdParty : null);
	}

	private static List<DemoTool> tools() {
		Clock clock = Clock.systemUTC();
		return List.of(
				DemoTool.of("echo", "Says what it is told", Map.of("message", "string"),
						(arguments) -> String.valueOf(arguments.get("message"))),
				DemoTool.of("time", "Tells the time of the server in UTC", Map.of(),
						(arguments) -> clock.instant().toString()),
				DemoTool.of("add", "Adds two whole numbers", Map.of("a", "integer", "b", "integer"),
						(arguments) -> Long.toString(Math.addExact(number(arguments, "a"), number(arguments, "b")))));
	}

	private static SyncToolSpecification specification(DemoTool tool) {
		return SyncToolSpecification.builder()
			.tool(McpSchema.Tool.builder(tool.name(), tool.schema()).description(tool.description()).build())
			.callHandler((exchange, request) -> McpSchema.CallToolResult.builder()
				.addTextContent(tool.body().apply(request.arguments()))
				.build())
			.build();
	}

	private static SyncToolSpecification appointments(ThirdParty thirdParty) {
		return SyncToolSpecification.builder()
			.tool(McpSchema.Tool.builder(ThirdParty.TOOL, Map.of("type", "object"))
				.description(ThirdParty.DESCRIPTION)
				.build())
			.callHandler((exchange, request) -> appointments(thirdParty, exchange))
			.build();
	}

	private static McpSchema.CallToolResult appointments(ThirdParty thirdParty, McpSyncServerExchange exchange) {
		if (!thirdParty.isLoggedIn()) {
			McpSchema.ClientCapabilities.Elicitation elicitation = exchange.getClientCapabilities().elicitation();
			if (elicitation == null || elicitation.url() == null) {
				return failed(ThirdParty.NO_ADDRESSES);
			}
			McpSchema.ElicitResult answer = exchange.createElicitation(McpSchema.ElicitUrlRequest
				.builder(ThirdParty.MESSAGE, thirdParty.url(), UUID.randomUUID().toString())
				.build());
			if (answer.action() != McpSchema.ElicitResult.Action.ACCEPT || !thirdParty.awaitLogin()) {
				return failed(ThirdParty.NOT_LOGGED_IN);
			}
		}
		return McpSchema.CallToolResult.builder().addTextContent(ThirdParty.APPOINTMENTS).build();
	}

	private static McpSchema.CallToolResult failed(String reason) {
		return McpSchema.CallToolResult.builder().addTextContent(reason).isError(true).build();
	}

	private static long number(Map<String, Object> arguments, String name) {
		return (arguments.get(name) instanceof Number number) ? number.longValue() : 0;
	}

}
