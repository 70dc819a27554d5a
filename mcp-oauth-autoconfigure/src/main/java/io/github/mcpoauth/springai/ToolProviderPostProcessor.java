// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.springai.McpClientRegistry.NamedClient;
import io.github.mcpoauth.springai.McpClientRegistry.UserSessions;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

import org.springframework.ai.mcp.AsyncMcpToolCallback;
import org.springframework.ai.mcp.AsyncMcpToolCallbackProvider;
import org.springframework.ai.mcp.McpConnectionInfo;
import org.springframework.ai.mcp.McpToolFilter;
import org.springframework.ai.mcp.McpToolNamePrefixGenerator;
import org.springframework.ai.mcp.SyncMcpToolCallback;
import org.springframework.ai.mcp.SyncMcpToolCallbackProvider;
import org.springframework.ai.mcp.ToolContextToMcpMetaConverter;
import org.springframework.ai.model.tool.internal.ToolCallReactiveContextHolder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Replaces Spring AI's providers of tools by those that let a server fail alone. The
 * provider that Spring AI declares itself is taken apart into one for each connection; an
 * application's own stays as it is, and its tools learn to speak of logins.
 */
public final class ToolProviderPostProcessor implements BeanPostProcessor {

	private static final String SYNC = "mcpToolCallbacks";

	private static final String ASYNC = "mcpAsyncToolCallbacks";

	private final Supplier<McpClientRegistry> connections;

	private final Supplier<@Nullable UserSessions> users;

	private final ObjectProvider<McpToolFilter> filter;

	private final ObjectProvider<McpToolNamePrefixGenerator> names;

	private final ObjectProvider<ToolContextToMcpMetaConverter> meta;

	/**
	 * Create a post processor.
	 * @param connections supplies the connections
	 * @param users supplies the sessions of users, {@code null} where all requests use
	 * the application's own grant
	 * @param filter the application's choice of tools
	 * @param names its names for them
	 * @param meta converts the context of their caller
	 */
	public ToolProviderPostProcessor(Supplier<McpClientRegistry> connections, Supplier<@Nullable UserSessions> users,
			ObjectProvider<McpToolFilter> filter, ObjectProvider<McpToolNamePrefixGenerator> names,
			ObjectProvider<ToolContextToMcpMetaConverter> meta) {
		this.connections = connections;
		this.users = users;
		this.filter = filter;
		this.names = names;
		this.meta = meta;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean.getClass() == SyncMcpToolCallbackProvider.class) {
			SyncMcpToolCallbackProvider provider = (SyncMcpToolCallbackProvider) bean;
			return new SyncTools(SYNC.equals(beanName) ? tools(this.connections.get().sync(), this::sync)
					: new ApplicationToolSet(provider, provider::invalidateCache));
		}
		if (bean.getClass() == AsyncMcpToolCallbackProvider.class) {
			AsyncMcpToolCallbackProvider provider = (AsyncMcpToolCallbackProvider) bean;
			return new AsyncTools(ASYNC.equals(beanName) ? tools(this.connections.get().async(), this::async)
					: new ApplicationToolSet(provider, provider::invalidateCache));
		}
		return bean;
	}

	private <C> MergedToolSet tools(List<NamedClient<C>> connections,
			BiFunction<NamedClient<C>, ToolRules, ConnectionToolSet> tools) {
		ToolRules rules = new ToolRules(this.filter.getIfUnique(() -> (client, tool) -> true),
				this.names.getIfUnique(McpToolNamePrefixGenerator::noPrefix),
				this.meta.getIfUnique(ToolContextToMcpMetaConverter::defaultConverter));
		return new MergedToolSet(connections.stream().map((connection) -> tools.apply(connection, rules)).toList());
	}

	private ConnectionToolSet sync(NamedClient<McpSyncClient> connection, ToolRules rules) {
		McpSyncClient client = connection.client();
		SyncMcpToolCallbackProvider provider = SyncMcpToolCallbackProvider.builder()
			.mcpClients(client)
			.toolFilter(rules.filter())
			.toolNamePrefixGenerator(rules.names())
			.toolContextToMcpMetaConverter(rules.meta())
			.build();
		ServerCalls calls = calls(connection.name(), client::initialize);
		ConnectionTools shared = new ConnectionTools(connection.name(), calls, provider, provider::invalidateCache,
				(callback) -> new ClientTool(callback, ((SyncMcpToolCallback) callback).getOriginalToolName(), calls,
						client::callTool, rules.meta()));
		return ofPrincipals(connection.name(), client.getClientCapabilities(), client.getClientInfo(), rules, shared);
	}

	private ConnectionToolSet async(NamedClient<McpAsyncClient> connection, ToolRules rules) {
		McpAsyncClient client = connection.client();
		AsyncMcpToolCallbackProvider provider = AsyncMcpToolCallbackProvider.builder()
			.mcpClients(client)
			.toolFilter(rules.filter())
			.toolNamePrefixGenerator(rules.names())
			.toolContextToMcpMetaConverter(rules.meta())
			.build();
		ServerCalls calls = calls(connection.name(), () -> client.initialize().block());
		ConnectionTools shared = new ConnectionTools(connection.name(), calls, provider, provider::invalidateCache,
				(callback) -> new ClientTool(callback, ((AsyncMcpToolCallback) callback).getOriginalToolName(), calls,
						(request) -> wait(client, request), rules.meta()));
		return ofPrincipals(connection.name(), client.getClientCapabilities(), client.getClientInfo(), rules, shared);
	}

	private static CallToolResult wait(McpAsyncClient client, CallToolRequest request) {
		ContextView chat = ToolCallReactiveContextHolder.getContext();
		return Objects.requireNonNull(
				client.callTool(request).contextWrite((subscriber) -> subscriber.putAll(chat)).block(),
				"A call ends in an answer or an error");
	}

	private PrincipalToolSet ofPrincipals(String connection, ClientCapabilities capabilities, Implementation info,
			ToolRules rules, ConnectionTools shared) {
		McpConnectionInfo client = McpConnectionInfo.builder()
			.clientCapabilities(capabilities)
			.clientInfo(info)
			.build();
		return new PrincipalToolSet(() -> this.connections.get().server(connection), this::sessions,
				(server, sessions) -> this.connections.get()
					.userTools(connection, server.name(), () -> new UserToolRegistry(connection, client,
							named(rules, shared), server.name(), sessions, System::nanoTime)),
				() -> this.connections.get().isAdvised(), shared);
	}

	/**
	 * A tool keeps its name when its server changes the protocol. A generator of names
	 * would take the next session for that of another server.
	 */
	private static ToolRules named(ToolRules rules, ConnectionTools shared) {
		return new ToolRules(rules.filter(), (connection, tool) -> {
			String name = shared.nameOf(tool.name());
			return (name != null) ? name : rules.names().prefixedToolName(connection, tool);
		}, rules.meta());
	}

	private @Nullable UserSessions sessions(McpServer server) {
		UserSessions users = this.users.get();
		return (users != null) ? users : this.connections.get().modernSessions(server);
	}

	private ServerCalls calls(String connection, Runnable connect) {
		return new ServerCalls(() -> this.connections.get().guard(connection), connect,
				(failure) -> this.connections.get().sessionAfter(connection, failure));
	}

}
