// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.List;

import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.session.HttpClientTransportCustomizer;
import io.github.mcpoauth.session.McpSessions;
import io.github.mcpoauth.session.SessionCustomizer;
import io.github.mcpoauth.springai.McpClientRegistry;
import io.github.mcpoauth.springai.McpClientRegistry.McpClients;
import io.github.mcpoauth.springai.McpClientRegistry.UserSessions;
import io.github.mcpoauth.springai.ToolProviderPostProcessor;
import io.github.mcpoauth.springai.ToolsChanges;
import io.github.mcpoauth.springai.UserToolsAdvisor;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.HttpRequestSnapshot;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.ai.mcp.McpToolFilter;
import org.springframework.ai.mcp.McpToolNamePrefixGenerator;
import org.springframework.ai.mcp.SyncMcpToolCallbackProvider;
import org.springframework.ai.mcp.ToolContextToMcpMetaConverter;
import org.springframework.ai.mcp.client.common.autoconfigure.NamedClientMcpTransport;
import org.springframework.ai.mcp.customizer.McpClientCustomizer;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.util.function.SingletonSupplier;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the MCP clients of Spring AI 2.0
 * and the tools that it makes of them.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnClass({ McpSyncClient.class, NamedClientMcpTransport.class, SyncMcpToolCallbackProvider.class })
@ConditionalOnBean(McpOAuthManager.class)
public final class McpOAuthSpringAiAutoConfiguration {

	@Bean
	static McpClientRegistry mcpOAuthSpringAiConnections(ObjectProvider<McpOAuthManager> manager,
			ObjectProvider<List<NamedClientMcpTransport>> transports, ObjectProvider<List<McpSyncClient>> syncClients,
			ObjectProvider<List<McpAsyncClient>> asyncClients, BeanFactory beans) {
		McpClients clients = new McpClients(
				() -> transports.stream().flatMap(List::stream).map(NamedClientMcpTransport::name).toList(),
				() -> syncClients.stream().flatMap(List::stream).toList(),
				() -> asyncClients.stream().flatMap(List::stream).toList());
		return new McpClientRegistry(manager::getObject, clients,
				(connection, server) -> KnownProperties.uniform(connection).equals(KnownProperties.uniform(server)),
				() -> McpSessionAutoConfiguration.settings(beans.getBeanProvider(McpOAuthConfiguration.class)),
				SingletonSupplier.ofNullable(() -> sessions(beans)));
	}

	@Bean
	static ToolProviderPostProcessor mcpOAuthToolProviderPostProcessor(ObjectProvider<McpClientRegistry> connections,
			ObjectProvider<McpToolFilter> filter, ObjectProvider<McpToolNamePrefixGenerator> names,
			ObjectProvider<ToolContextToMcpMetaConverter> meta, BeanFactory beans) {
		return new ToolProviderPostProcessor(connections::getObject, SingletonSupplier.ofNullable(() -> users(beans)),
				filter, names, meta);
	}

	/**
	 * The sessions of users. Without a client of sessions, all users share the clients of
	 * Spring AI.
	 */
	private static @Nullable UserSessions users(BeanFactory beans) {
		McpOAuthProperties properties = beans.getBeanProvider(McpOAuthProperties.class).getIfAvailable();
		return (properties != null
				&& PrincipalSources.areSeveral(beans.getBeanProvider(PrincipalResolver.class), properties.principal()))
						? sessions(beans) : null;
	}

	private static @Nullable UserSessions sessions(BeanFactory beans) {
		McpOAuthProperties properties = beans.getBeanProvider(McpOAuthProperties.class).getIfAvailable();
		McpSessions sessions = (properties != null) ? beans.getBeanProvider(McpSessions.class).getIfAvailable() : null;
		return (properties != null && sessions != null) ? new UserSessions(beans.getBean(McpOAuthManager.class),
				sessions, McpSessionAutoConfiguration.cache(beans.getBeanProvider(McpOAuthConfiguration.class)),
				properties.principal().contextKey()) : null;
	}

	@Bean
	SessionCustomizer mcpOAuthToolListChanges(ObjectProvider<McpClientRegistry> connections) {
		return (server, client) -> client.toolsChangeConsumer(
				(tools) -> Mono.fromRunnable(() -> connections.getObject().toolsChanged(server.name())));
	}

	@Bean
	ToolsChanges mcpOAuthToolsChanges(ObjectProvider<McpClientRegistry> connections,
			ApplicationEventPublisher publisher, ObjectProvider<WorkThreads> threads) {
		return new ToolsChanges(connections::getObject, publisher, McpSessionAutoConfiguration.threads(threads));
	}

	/**
	 * Spring AI's clients over the JDK's HTTP client. Those over WebFlux are served by
	 * their {@code WebClient.Builder}.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HttpClientStreamableHttpTransport.class, HttpRequestSnapshot.class })
	static class HttpClientTransport {

		@Bean
		@Order(Ordered.LOWEST_PRECEDENCE)
		McpClientCustomizer<HttpClientStreamableHttpTransport.Builder> mcpOAuthHttpClientTransportCustomizer(
				ObjectProvider<McpOAuthManager> manager, Environment environment, ObjectProvider<WorkThreads> threads) {
			HttpClientTransportCustomizer customizer = new HttpClientTransportCustomizer(manager::getObject,
					McpSessionAutoConfiguration.requestTimeout(environment),
					McpSessionAutoConfiguration.threads(threads));
			return (connection, transport) -> customizer.accept(transport);
		}

	}

	/**
	 * Chat clients, which ask for tools before their Reactor context is known.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ChatClientBuilderCustomizer.class)
	static class ChatClients {

		@Bean
		@Lazy
		UserToolsAdvisor mcpOAuthUserToolsAdvisor(McpClientRegistry connections) {
			return UserToolsAdvisor.of(connections);
		}

		@Bean
		ChatClientBuilderCustomizer mcpOAuthChatClientCustomizer(ObjectProvider<UserToolsAdvisor> advisor) {
			return (builder) -> builder.defaultAdvisors(advisor.getObject());
		}

	}

}
