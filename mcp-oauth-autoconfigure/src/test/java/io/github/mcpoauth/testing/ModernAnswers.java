// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntSupplier;

import io.github.mcpoauth.session.McpServerSession;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.modern.JsonRpc.JSONRPCRequest;
import io.modelcontextprotocol.modern.JsonRpc.JSONRPCResponse;
import io.modelcontextprotocol.modern.McpException;
import io.modelcontextprotocol.modern.McpSchema.CacheScope;
import io.modelcontextprotocol.modern.McpSchema.CallToolOutcome;
import io.modelcontextprotocol.modern.McpSchema.CallToolRequest;
import io.modelcontextprotocol.modern.McpSchema.CallToolResult;
import io.modelcontextprotocol.modern.McpSchema.CompleteRequest;
import io.modelcontextprotocol.modern.McpSchema.CompleteResult;
import io.modelcontextprotocol.modern.McpSchema.CompleteResult.Completion;
import io.modelcontextprotocol.modern.McpSchema.GetPromptResult;
import io.modelcontextprotocol.modern.McpSchema.Implementation;
import io.modelcontextprotocol.modern.McpSchema.Prompt;
import io.modelcontextprotocol.modern.McpSchema.PromptArgument;
import io.modelcontextprotocol.modern.McpSchema.PromptMessage;
import io.modelcontextprotocol.modern.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.modern.McpSchema.Resource;
import io.modelcontextprotocol.modern.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.modern.McpSchema.Role;
import io.modelcontextprotocol.modern.McpSchema.TextContent;
import io.modelcontextprotocol.modern.McpSchema.TextResourceContents;
import io.modelcontextprotocol.modern.McpSchema.Tool;
import io.modelcontextprotocol.modern.server.McpRequestContext;
import io.modelcontextprotocol.modern.server.McpServer;
import io.modelcontextprotocol.modern.server.McpSyncResponse;
import io.modelcontextprotocol.modern.server.McpTransportResponse;
import io.modelcontextprotocol.modern.server.feature.McpChangeFeed;
import io.modelcontextprotocol.modern.server.feature.McpSyncPrompt;
import io.modelcontextprotocol.modern.server.feature.McpSyncPromptRepository;
import io.modelcontextprotocol.modern.server.feature.McpSyncResource;
import io.modelcontextprotocol.modern.server.feature.McpSyncResourceRepository;
import io.modelcontextprotocol.modern.server.feature.McpSyncResourceTemplate;
import io.modelcontextprotocol.modern.server.feature.McpSyncTool;
import io.modelcontextprotocol.modern.server.feature.McpSyncToolRepository;
import io.modelcontextprotocol.modern.server.feature.PromptsFeature;
import io.modelcontextprotocol.modern.server.feature.PromptsPage;
import io.modelcontextprotocol.modern.server.feature.ResourceTemplatesPage;
import io.modelcontextprotocol.modern.server.feature.ResourcesFeature;
import io.modelcontextprotocol.modern.server.feature.ResourcesPage;
import io.modelcontextprotocol.modern.server.feature.ServerChange;
import io.modelcontextprotocol.modern.server.feature.ToolsFeature;
import io.modelcontextprotocol.modern.server.feature.ToolsPage;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * The answers of a server of 2026-07-28, which the MCP library's own server gives. Its
 * tools are those of {@link ScriptedMcpServer}, and {@code region}, whose argument is
 * sent as a header as well.
 */
public final class ModernAnswers {

	/**
	 * Context key of the token that a request carries.
	 */
	public static final String TOKEN = "token";

	private static final TypeRef<Map<String, Object>> MEMBERS = new TypeRef<>() {
	};

	private static final Set<Integer> BAD_REQUEST = Set.of(-32700, -32600, -32602, -32020, -32021, -32022);

	private final McpJsonMapper json = McpJsonDefaults.getMapper();

	private final McpServer server;

	private final McpChangeFeed changes = new McpChangeFeed();

	ModernAnswers(IntSupplier write) {
		// The feed drops a change while the one before is being sent
		this.server = builder(write, 0).subscriptions(() -> this.changes.changes().onBackpressureBuffer()).build();
	}

	/**
	 * Tell the clients that listen of a change.
	 * @param change the change
	 */
	void report(McpServerSession.ServerChange change) {
		this.changes.broadcast(switch (change.kind()) {
			case TOOLS -> new ServerChange.ToolsListChanged();
			case PROMPTS -> new ServerChange.PromptsListChanged();
			case RESOURCES -> new ServerChange.ResourcesListChanged();
			case RESOURCE -> new ServerChange.ResourceUpdated(String.valueOf(change.uri()));
		});
	}

	/**
	 * A server of the MCP library.
	 * @param write counts the calls of the tool {@code write}
	 * @param ttl how long the list of tools may be kept, in milliseconds
	 * @return the server
	 */
	public static McpServer server(IntSupplier write, long ttl) {
		return builder(write, ttl).build();
	}

	private static McpServer.Builder builder(IntSupplier write, long ttl) {
		return McpServer.builder()
			.serverInfo(Implementation.builder("modern", "2").build())
			.instructions("Be kind")
			.feature(ToolsFeature.ofSync(new Tools(write), McpJsonDefaults.getMapper(),
					McpJsonDefaults.getSchemaValidator(), ttl, CacheScope.PRIVATE))
			.feature(ResourcesFeature.ofSync(new Resources()))
			.feature(PromptsFeature.ofSync(new Prompts()));
	}

	/**
	 * Answer as the servlet of the MCP library does.
	 */
	Publisher<Void> answer(Received request, HttpServerResponse response) {
		Map<String, Object> message = request.message();
		boolean initialize = "initialize".equals(request.method());
		if (!initialize && !request.method().equals(request.methodHeader())) {
			return error(response, JSONRPCResponse.error(message.get("id"),
					new JSONRPCResponse.JSONRPCError(-32020, "Missing required header: Mcp-Method")));
		}
		McpTransportContext context = McpTransportContext.create(Map.of(TOKEN, String.valueOf(request.token())));
		JSONRPCRequest call = new JSONRPCRequest(request.method(), message.get("id"), message.get("params"));
		return this.server.handle(context, call).flatMap((answer) -> Mono.from(send(answer, response)));
	}

	private Publisher<Void> send(McpTransportResponse answer, HttpServerResponse response) {
		if (answer instanceof McpTransportResponse.Streaming streaming) {
			return ScriptedMcpServer.events(response,
					streaming.messages().map((message) -> ScriptedMcpServer.event(members(message))));
		}
		return (answer instanceof McpTransportResponse.Result result)
				? ScriptedMcpServer.json(response, members(result.response()))
				: error(response, ((McpTransportResponse.Error) answer).response());
	}

	private Publisher<Void> error(HttpServerResponse response, JSONRPCResponse error) {
		int code = error.error().code();
		int status = (code == -32601) ? 404 : BAD_REQUEST.contains(code) ? 400 : 200;
		return ScriptedMcpServer.json(response.status(status), members(error));
	}

	private Map<String, Object> members(Object message) {
		return this.json.convertValue(message, MEMBERS);
	}

	private static CallToolResult text(String text) {
		return CallToolResult.builder().addContent(TextContent.builder(text).build()).build();
	}

	private static CompleteResult completion(CompleteRequest request) {
		Map<String, String> before = (request.context() != null) ? request.context().arguments() : Map.of();
		return CompleteResult
			.of(new Completion(List.of("%s of %s".formatted(request.argument().value(), before.get("place")))));
	}

	private record Tools(IntSupplier write) implements McpSyncToolRepository {

		@Override
		public ToolsPage list(McpRequestContext context, @Nullable String cursor) {
			return ToolsPage.of(all().values().stream().map(McpSyncTool::definition).toList());
		}

		@Override
		@SuppressWarnings("NullAway") // As the MCP library wants it
		public McpSyncTool find(McpRequestContext context, String name) {
			return all().get(name);
		}

		private Map<String, McpSyncTool> all() {
			Map<String, McpSyncTool> tools = new LinkedHashMap<>();
			add(tools, "echo", Map.of(), (call) -> text(String.valueOf(call.request().arguments().get("text"))));
			add(tools, "write", Map.of(), (call) -> text("written " + this.write.getAsInt()));
			add(tools, "big", Map.of(), (call) -> text(
					"x".repeat(Integer.parseInt(String.valueOf(call.request().arguments().get("size"))))));
			add(tools, "whoami", Map.of(),
					(call) -> text(String.valueOf(call.context().transportContext().get(TOKEN))));
			add(tools, "fail", Map.of(),
					(call) -> CallToolResult.builder()
						.addContent(TextContent.builder("it failed").build())
						.isError(true)
						.build());
			add(tools, "region", Map.of("region", Map.of("type", "string", "x-mcp-header", "Region")),
					(call) -> text("in " + call.request().arguments().get("region")));
			tools.put("slow", McpSyncTool.of(tool("slow", Map.of()),
					(context, request) -> McpSyncResponse.streaming((notifier) -> {
						notifier.progress(0.5, 1.0, "half");
						return text("slowly");
					})));
			return tools;
		}

		private static void add(Map<String, McpSyncTool> tools, String name, Map<String, Object> properties,
				Function<Call, CallToolOutcome> handler) {
			tools.put(name, McpSyncTool.of(tool(name, properties),
					(context, request) -> McpSyncResponse.result(handler.apply(new Call(context, request)))));
		}

		private static Tool tool(String name, Map<String, Object> properties) {
			return Tool.builder(name, Map.of("type", "object", "properties", properties)).build();
		}

	}

	private record Call(McpRequestContext context, CallToolRequest request) {
	}

	private static final class Resources implements McpSyncResourceRepository {

		@Override
		public boolean supportsSubscribe() {
			return true;
		}

		@Override
		public ResourcesPage list(McpRequestContext context, @Nullable String cursor) {
			return ResourcesPage.of(List.of(Resource.builder("memo://one", "one").build()));
		}

		@Override
		public ResourceTemplatesPage listTemplates(McpRequestContext context, @Nullable String cursor) {
			return ResourceTemplatesPage.of(List.of(ResourceTemplate.builder("memo://{tone}", "memo").build()));
		}

		@Override
		public boolean supportsCompletion() {
			return true;
		}

		@Override
		public McpSyncResourceTemplate findTemplate(McpRequestContext context, String uriTemplate) {
			return McpSyncResourceTemplate.of(ResourceTemplate.builder(uriTemplate, "memo").build())
				.withCompletionHandler((ctx, request) -> completion(request));
		}

		@Override
		public McpSyncResource find(McpRequestContext context, String uri) {
			return McpSyncResource.of((ctx, request) -> McpSyncResponse
				.result(ReadResourceResult.builder(List.of(TextResourceContents.builder(uri, "remember").build()))
					.build()));
		}

	}

	private static final class Prompts implements McpSyncPromptRepository {

		private static Prompt greet() {
			return Prompt.builder("greet").arguments(List.of(PromptArgument.builder("tone").build())).build();
		}

		@Override
		public PromptsPage list(McpRequestContext context, @Nullable String cursor) {
			return PromptsPage.of(List.of(greet()));
		}

		@Override
		public boolean supportsCompletion() {
			return true;
		}

		@Override
		public McpSyncPrompt find(McpRequestContext context, String name) {
			if (!"greet".equals(name)) {
				throw McpException.invalidParams("Unknown prompt");
			}
			return McpSyncPrompt.of(greet(),
					(ctx, request) -> McpSyncResponse.result(GetPromptResult
						.builder(
								List.of(PromptMessage.builder(Role.USER, TextContent.builder("hello").build()).build()))
						.build()))
				.withCompletionHandler((ctx, request) -> completion(request));
		}

	}

}
