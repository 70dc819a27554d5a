// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Duration;

import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.HttpClientSessionTransports;
import io.github.mcpoauth.session.McpSessions;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.session.SessionCustomizer;
import io.github.mcpoauth.session.SessionSettings;
import io.github.mcpoauth.session.SessionTransports;
import io.github.mcpoauth.session.WebFluxSessionTransports;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.HttpRequestSnapshot;
import io.modelcontextprotocol.json.McpJsonDefaults;

import org.springframework.ai.mcp.client.webflux.transport.WebClientStreamableHttpTransport;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for MCP sessions that survive a
 * restart of their server.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnClass({ McpAsyncClient.class, McpJsonDefaults.class })
@ConditionalOnBean(McpOAuthManager.class)
public final class McpSessionAutoConfiguration {

	private static final String REQUEST_TIMEOUT = "spring.ai.mcp.client.request-timeout";

	private static final Duration SPRING_AI_REQUEST_TIMEOUT = Duration.ofSeconds(20);

	@Bean
	static McpClientFilterPostProcessor mcpOAuthClientFilterPostProcessor(ObjectProvider<McpOAuthManager> manager,
			Environment environment, ObjectProvider<WorkThreads> threads) {
		return new McpClientFilterPostProcessor(manager, requestTimeout(environment), threads);
	}

	/**
	 * How long the callers of Spring AI's clients wait for an answer.
	 */
	static Duration requestTimeout(Environment environment) {
		return Binder.get(environment).bind(REQUEST_TIMEOUT, Duration.class).orElse(SPRING_AI_REQUEST_TIMEOUT);
	}

	@Bean
	@Lazy
	@Conditional(OnSupportedMcpSdkCondition.class)
	@ConditionalOnBean(SessionTransports.class)
	@ConditionalOnMissingBean(McpToolClient.class)
	McpSessions mcpSessions(McpOAuthManager manager, SessionTransports transports,
			ObjectProvider<McpOAuthConfiguration> configuration, ObjectProvider<SessionCustomizer> customizers,
			ObjectProvider<QuestionRegistry> questions, ObjectProvider<WorkThreads> threads) {
		return new McpSessions(manager, transports, settings(configuration),
				new McpSessions.Additions(customizers.orderedStream().toList(),
						questions.getIfAvailable(QuestionRegistry::unanswered)),
				cache(configuration), threads(threads));
	}

	static PrincipalCacheSettings cache(ObjectProvider<McpOAuthConfiguration> configuration) {
		return configuration.stream()
			.findFirst()
			.map(McpOAuthConfiguration::principalCache)
			.orElseGet(PrincipalCacheSettings::defaults);
	}

	/**
	 * The threads of the manager, or threads of their own beside a manager of the
	 * application.
	 */
	static WorkThreads threads(ObjectProvider<WorkThreads> threads) {
		return threads.getIfAvailable(WorkThreads::platform);
	}

	static SessionSettings settings(ObjectProvider<McpOAuthConfiguration> configuration) {
		return configuration.stream()
			.findFirst()
			.map(McpOAuthConfiguration::session)
			.orElseGet(SessionSettings::defaults);
	}

	/**
	 * Transports over the JDK's HTTP client, if the WebFlux transport is absent. SDKs
	 * before 2.0 have another transport of that name.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HttpClientStreamableHttpTransport.class, HttpRequestSnapshot.class })
	@ConditionalOnMissingClass("org.springframework.ai.mcp.client.webflux.transport.WebClientStreamableHttpTransport")
	@Conditional(OnSupportedMcpSdkCondition.class)
	static class HttpClientTransport {

		@Bean
		@Lazy
		@ConditionalOnMissingBean(SessionTransports.class)
		HttpClientSessionTransports mcpSessionTransports(McpOAuthManager manager,
				ObjectProvider<McpOAuthConfiguration> configuration, ObjectProvider<WorkThreads> threads) {
			return new HttpClientSessionTransports(manager, settings(configuration).connectTimeout(), threads(threads));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebClientStreamableHttpTransport.class)
	@Conditional(OnSupportedMcpSdkCondition.class)
	static class WebFluxTransport {

		@Bean
		@Lazy
		@ConditionalOnMissingBean(SessionTransports.class)
		WebFluxSessionTransports mcpSessionTransports(McpOAuthManager manager,
				ObjectProvider<McpOAuthConfiguration> configuration, ObjectProvider<WebClient.Builder> webClients,
				ObjectProvider<WorkThreads> threads) {
			return new WebFluxSessionTransports(manager, () -> webClients.getIfUnique(WebClient::builder),
					settings(configuration).connectTimeout(), threads(threads));
		}

	}

}
