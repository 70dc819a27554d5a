// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;

import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.web.ReactiveClientMetadata;
import io.github.mcpoauth.internal.web.ServletClientMetadata;
import io.github.mcpoauth.internal.work.WorkThreads;
import jakarta.servlet.Filter;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.web.server.WebFilter;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that serves the client ID metadata
 * document of an application with an https address, without a login.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnWebApplication
@ConditionalOnBooleanProperty(name = "mcp.oauth.web.client-metadata", matchIfMissing = true)
@Conditional(McpOAuthClientMetadataAutoConfiguration.OnAddressCondition.class)
@ConditionalOnBean(ClientMetadata.class)
public final class McpOAuthClientMetadataAutoConfiguration {

	/**
	 * WebFlux.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	@ConditionalOnClass(WebFilter.class)
	static class Reactive {

		@Bean
		ReactiveClientMetadata mcpOAuthReactiveClientMetadata(ObjectProvider<ClientMetadata> metadata,
				WorkThreads threads) {
			return new ReactiveClientMetadata(metadata::getObject, threads);
		}

	}

	/**
	 * A servlet container.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@ConditionalOnClass(Filter.class)
	static class Servlet {

		@Bean
		FilterRegistrationBean<ServletClientMetadata> mcpOAuthServletClientMetadata(
				ObjectProvider<ClientMetadata> metadata) {
			FilterRegistrationBean<ServletClientMetadata> registration = new FilterRegistrationBean<>(
					new ServletClientMetadata(metadata::getObject));
			registration.addUrlPatterns(ClientMetadata.PATH, ClientMetadata.KEYS_PATH);
			registration.setOrder(ReactiveClientMetadata.ORDER);
			return registration;
		}

	}

	/**
	 * Matches where the application has an address that authorization servers can fetch
	 * from.
	 */
	static final class OnAddressCondition extends SpringBootCondition {

		@Override
		public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
			URI external = Binder.get(context.getEnvironment())
				.bind("mcp.oauth.web.external-url", String.class)
				.map(ConfigurationBlock::uri)
				.orElse(null);
			ConditionMessage.Builder message = ConditionMessage.forCondition("Address of the application");
			return (OwnClient.url(external) != null) ? ConditionOutcome.match(message.because("it is https"))
					: ConditionOutcome.noMatch(message.because("it is not https"));
		}

	}

}
