// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.modern.McpSchema.CacheScope;
import io.modelcontextprotocol.modern.McpSchema.CallToolOutcome;
import io.modelcontextprotocol.modern.McpSchema.CallToolRequest;
import io.modelcontextprotocol.modern.McpSchema.CallToolResult;
import io.modelcontextprotocol.modern.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.modern.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.modern.McpSchema.ElicitResult;
import io.modelcontextprotocol.modern.McpSchema.Implementation;
import io.modelcontextprotocol.modern.McpSchema.InputRequiredResult;
import io.modelcontextprotocol.modern.McpSchema.TextContent;
import io.modelcontextprotocol.modern.McpSchema.Tool;
import io.modelcontextprotocol.modern.server.InputResponses;
import io.modelcontextprotocol.modern.server.McpRequestContext;
import io.modelcontextprotocol.modern.server.McpServer;
import io.modelcontextprotocol.modern.server.McpSyncResponse;
import io.modelcontextprotocol.modern.server.feature.McpSyncTool;
import io.modelcontextprotocol.modern.server.feature.McpSyncToolRepository;
import io.modelcontextprotocol.modern.server.feature.ToolsFeature;
import io.modelcontextprotocol.modern.server.feature.ToolsPage;
import io.modelcontextprotocol.modern.server.transport.HttpServletMcpTransport;
import jakarta.servlet.Servlet;
import org.jspecify.annotations.Nullable;

/**
 * The same server for the protocol of 2026-07-28: it ends a call with a question, and
 * keeps nothing but the state that the client sends with the answer.
 */
public final class ModernAskingServer extends AskingServer {

	/**
	 * Characters that a client might change on the way.
	 */
	public static final String STATE = " \u00e9\u2028\\\"/<&%2F\ud83d\udd11\t'\u0000=";

	private final List<String> states = new CopyOnWriteArrayList<>();

	private volatile @Nullable ClientCapabilities told;

	public static ModernAskingServer start() {
		return started(new ModernAskingServer());
	}

	@Override
	protected Servlet servlet() {
		McpServer server = McpServer.builder()
			.serverInfo(Implementation.builder("asking", "2").build())
			.feature(ToolsFeature.ofSync(new Tools(), McpJsonDefaults.getMapper(), McpJsonDefaults.getSchemaValidator(),
					0, CacheScope.PRIVATE))
			.build();
		return HttpServletMcpTransport.builder(server).endpoint("/mcp").build();
	}

	private CallToolOutcome ask(McpRequestContext context, CallToolRequest request) {
		called();
		this.told = context.clientCapabilities();
		McpJsonMapper json = McpJsonDefaults.getMapper();
		List<String> answers = new ArrayList<>();
		String state = request.requestState();
		if (state != null) {
			this.states.add(state);
			String before = state.substring(STATE.length());
			answers.addAll(before.isEmpty() ? List.of() : List.of(before.split("\n")));
			ElicitResult answer = InputResponses.get(request.inputResponses(), "question", ElicitResult.class, json);
			answers.add(text(answer.action().name(), answer.content()));
		}
		int round = answers.size();
		if (hasRound(round)) {
			String question = question(round);
			InputRequiredResult.Builder required = InputRequiredResult.builder()
				.requestState(STATE + String.join("\n", answers));
			return (isUrl(question) ? required.elicitUrl("question", "Log in there", question)
					: required.elicit("question", ElicitFormRequest.builder(question, SCHEMA).build()))
				.build();
		}
		boolean accepted = answers.stream().allMatch((answer) -> answer.startsWith("ACCEPT"));
		return CallToolResult.builder()
			.addContent(TextContent.builder(String.join(" ", answers)).build())
			.isError(!accepted && !isLenient())
			.build();
	}

	/**
	 * The states that came back.
	 * @return the states, oldest first
	 */
	public List<String> states() {
		return List.copyOf(this.states);
	}

	@Override
	public List<String> extensions() {
		ClientCapabilities capabilities = this.told;
		return (capabilities != null && capabilities.extensions() != null)
				? List.copyOf(capabilities.extensions().keySet()) : List.of();
	}

	@Override
	public boolean isToldOfForms() {
		ClientCapabilities capabilities = this.told;
		return capabilities != null && capabilities.supportsElicitationForm();
	}

	@Override
	public boolean isToldOfAddresses() {
		ClientCapabilities capabilities = this.told;
		return capabilities != null && capabilities.supportsElicitationUrl();
	}

	private final class Tools implements McpSyncToolRepository {

		private final McpSyncTool tool = McpSyncTool.of(Tool.builder("ask", Map.of("type", "object")).build(),
				(context, request) -> McpSyncResponse.result(ask(context, request)));

		@Override
		public ToolsPage list(McpRequestContext context, @Nullable String cursor) {
			return ToolsPage.of(List.of(this.tool.definition()));
		}

		@Override
		public McpSyncTool find(McpRequestContext context, String name) {
			return this.tool;
		}

	}

}
