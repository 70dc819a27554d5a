// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.springai.McpClientRegistry.Connection;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpSyncClient;

import org.springframework.ai.mcp.AsyncMcpToolCallbackProvider;
import org.springframework.ai.mcp.McpToolFilter;
import org.springframework.ai.mcp.McpToolNamePrefixGenerator;
import org.springframework.ai.mcp.SyncMcpToolCallbackProvider;
import org.springframework.ai.mcp.ToolContextToMcpMetaConverter;
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

	private final ObjectProvider<McpToolFilter> filter;

	private final ObjectProvider<McpToolNamePrefixGenerator> names;

	private final ObjectProvider<ToolContextToMcpMetaConverter> meta;

	/**
	 * Create a post processor.
	 * @param connections supplies the connections
	 * @param filter the application's choice of tools
	 * @param names its names for them
	 * @param meta converts the context of their caller
	 */
	public ToolProviderPostProcessor(Supplier<McpClientRegistry> connections, ObjectProvider<McpToolFilter> filter,
			ObjectProvider<McpToolNamePrefixGenerator> names, ObjectProvider<ToolContextToMcpMetaConverter> meta) {
		this.connections = connections;
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

	private static <C> MergedToolSet tools(List<Connection<C>> connections,
			Function<Connection<C>, ConnectionTools> tools) {
		return new MergedToolSet(connections.stream().map(tools).toList());
	}

	private ConnectionTools sync(Connection<McpSyncClient> connection) {
		SyncMcpToolCallbackProvider provider = SyncMcpToolCallbackProvider.builder()
			.mcpClients(connection.client())
			.toolFilter(this.filter.getIfUnique(() -> (client, tool) -> true))
			.toolNamePrefixGenerator(this.names.getIfUnique(McpToolNamePrefixGenerator::noPrefix))
			.toolContextToMcpMetaConverter(this.meta.getIfUnique(ToolContextToMcpMetaConverter::defaultConverter))
			.build();
		return new ConnectionTools(connection.name(), calls(connection.name(), connection.client()::initialize),
				provider, provider::invalidateCache);
	}

	private ConnectionTools async(Connection<McpAsyncClient> connection) {
		AsyncMcpToolCallbackProvider provider = AsyncMcpToolCallbackProvider.builder()
			.mcpClients(connection.client())
			.toolFilter(this.filter.getIfUnique(() -> (client, tool) -> true))
			.toolNamePrefixGenerator(this.names.getIfUnique(McpToolNamePrefixGenerator::noPrefix))
			.toolContextToMcpMetaConverter(this.meta.getIfUnique(ToolContextToMcpMetaConverter::defaultConverter))
			.build();
		return new ConnectionTools(connection.name(),
				calls(connection.name(), () -> connection.client().initialize().block()), provider,
				provider::invalidateCache);
	}

	private ServerCalls calls(String connection, Runnable connect) {
		return new ServerCalls(() -> this.connections.get().guard(connection), connect);
	}

}
