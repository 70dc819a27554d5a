// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.modern.McpSchema;
import io.modelcontextprotocol.modern.server.InputResponses;
import io.modelcontextprotocol.modern.server.McpRequestContext;
import io.modelcontextprotocol.modern.server.McpServer;
import io.modelcontextprotocol.modern.server.McpSyncResponse;
import io.modelcontextprotocol.modern.server.feature.McpSyncTool;
import io.modelcontextprotocol.modern.server.feature.McpSyncToolRepository;
import io.modelcontextprotocol.modern.server.feature.ToolsFeature;
import io.modelcontextprotocol.modern.server.feature.ToolsPage;
import io.modelcontextprotocol.modern.server.transport.HttpServletMcpTransport;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The MCP server in the protocol of 2026-07-28, at the address of the older one. The
 * header that names the version tells which protocol a request is of.
 */
final class ModernProtocol extends OncePerRequestFilter {

	private static final String LOGIN = "login";

	static final String VERSION_HEADER = "MCP-Protocol-Version";

	private final DemoProperties.Protocol spoken;

	private final McpServer server;

	private final HttpServletMcpTransport transport;

	ModernProtocol(DemoProperties.Protocol spoken, List<DemoTool> tools, @Nullable ThirdParty thirdParty) {
		this.spoken = spoken;
		this.server = McpServer.builder()
			.serverInfo(McpSchema.Implementation.builder("demo-server", "1.0.0").build())
			.feature(ToolsFeature.ofSync(new Tools(tools, thirdParty)))
			.build();
		this.transport = HttpServletMcpTransport.builder(this.server).endpoint(ProtectedResource.PATH).build();
	}

	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		if (!ProtectedResource.PATH.equals(request.getRequestURI())) {
			return true;
		}
		return switch (this.spoken) {
			case LEGACY -> true;
			case MODERN -> false;
			case BOTH -> !isModern(request.getHeader(VERSION_HEADER));
		};
	}

	private static boolean isModern(@Nullable String version) {
		return version != null && version.compareTo(McpSchema.LATEST_PROTOCOL_VERSION) >= 0;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		this.transport.service(request, response);
	}

	@Override
	public void destroy() {
		this.transport.destroy();
		this.server.closeGracefully();
	}

	private static McpSyncTool tool(DemoTool tool) {
		McpSchema.Tool definition = McpSchema.Tool.builder(tool.name(), tool.schema())
			.description(tool.description())
			.build();
		return McpSyncTool.of(definition,
				(context,
						request) -> McpSyncResponse.result(McpSchema.CallToolResult.builder()
							.addContent(McpSchema.TextContent.builder(tool.body().apply(request.arguments())).build())
							.build()));
	}

	private static McpSyncTool appointments(ThirdParty thirdParty) {
		McpSchema.Tool definition = McpSchema.Tool.builder(ThirdParty.TOOL, Map.of("type", "object"))
			.description(ThirdParty.DESCRIPTION)
			.build();
		return McpSyncTool.of(definition,
				(context, request) -> McpSyncResponse.result(appointments(thirdParty, context, request)));
	}

	/**
	 * Ends the call with the question. The client makes it again with the answer.
	 */
	private static McpSchema.CallToolOutcome appointments(ThirdParty thirdParty, McpRequestContext context,
			McpSchema.CallToolRequest request) {
		if (thirdParty.isLoggedIn()) {
			return text(ThirdParty.APPOINTMENTS, false);
		}
		if (!context.clientCapabilities().supportsElicitationUrl()) {
			return text(ThirdParty.NO_ADDRESSES, true);
		}
		Map<String, Object> answers = request.inputResponses();
		if (answers == null || !answers.containsKey(LOGIN)) {
			return McpSchema.InputRequiredResult.builder()
				.elicitUrl(LOGIN, ThirdParty.MESSAGE, thirdParty.url())
				.build();
		}
		McpSchema.ElicitResult answer = InputResponses.get(answers, LOGIN, McpSchema.ElicitResult.class,
				McpJsonDefaults.getMapper());
		boolean agreed = answer != null && answer.action() == McpSchema.ElicitResult.Action.ACCEPT;
		return (agreed && thirdParty.awaitLogin()) ? text(ThirdParty.APPOINTMENTS, false)
				: text(ThirdParty.NOT_LOGGED_IN, true);
	}

	private static McpSchema.CallToolResult text(String text, boolean error) {
		return McpSchema.CallToolResult.builder()
			.addContent(McpSchema.TextContent.builder(text).build())
			.isError(error)
			.build();
	}

	private static final class Tools implements McpSyncToolRepository {

		private final ToolsPage page;

		private final Map<String, McpSyncTool> tools;

		Tools(List<DemoTool> tools, @Nullable ThirdParty thirdParty) {
			List<McpSyncTool> all = new ArrayList<>(tools.stream().map(ModernProtocol::tool).toList());
			if (thirdParty != null) {
				all.add(appointments(thirdParty));
			}
			this.page = ToolsPage.of(all.stream().map(McpSyncTool::definition).toList());
			this.tools = all.stream()
				.collect(Collectors.toMap((tool) -> tool.definition().name(), Function.identity()));
		}

		@Override
		public ToolsPage list(McpRequestContext context, @Nullable String cursor) {
			return this.page;
		}

		@Override
		public @Nullable McpSyncTool find(McpRequestContext context, String name) {
			return this.tools.get(name);
		}

	}

}
