// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.InetAddress;
import java.net.URI;
import java.time.Clock;
import java.util.Locale;

import io.github.mcpoauth.autoconfigure.McpOAuthWebAutoConfiguration.Hints;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.web.ConnectionsPage;
import io.github.mcpoauth.web.ConnectionsSettings;
import io.github.mcpoauth.web.ReactiveConnections;
import io.github.mcpoauth.web.ServletConnections;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.servlet.DispatcherServlet;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the {@link ConnectionsPage}.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnBooleanProperty("mcp.oauth.web.enabled")
@ConditionalOnWebApplication
@ConditionalOnBean(McpOAuthManager.class)
@EnableConfigurationProperties(McpOAuthWebProperties.class)
@ImportRuntimeHints(Hints.class)
public final class McpOAuthWebAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(ConnectionsPage.class)
	ConnectionsPage mcpOAuthConnectionsPage(McpOAuthManager manager, McpOAuthWebProperties web,
			ConfigurableEnvironment environment, ListableBeanFactory beanFactory) {
		if (!web.allowUnprotected() && !SpringSecurityFilters.arePresent(beanFactory)) {
			requireThisMachineOnly(environment, web.externalUrl());
		}
		return new ConnectionsPage(manager, new ConnectionsSettings(web.externalUrl(), web.allowUnprotected()),
				Clock.systemUTC());
	}

	private static void requireThisMachineOnly(ConfigurableEnvironment environment, @Nullable URI externalUrl) {
		Binder binder = Binder.get(environment);
		InetAddress address = binder.bind("server.address", InetAddress.class).orElse(null);
		String strategy = binder.bind("server.forward-headers-strategy", String.class).orElse("none");
		String reason = null;
		if (address == null) {
			reason = "'server.address' is not set, which means all addresses";
		}
		else if (!address.isLoopbackAddress()) {
			reason = "'server.address' is %s".formatted(address.getHostAddress());
		}
		else if (!"none".equals(strategy.toLowerCase(Locale.ROOT))) {
			reason = "'server.forward-headers-strategy' says that there is a proxy in front of it";
		}
		else if (externalUrl != null && !UrlPolicy.isLoopback(externalUrl)) {
			reason = "'mcp.oauth.web.external-url' is not an address of this machine";
		}
		if (reason != null) {
			throw McpOAuthConfiguration.problem(environment, "mcp.oauth.web.enabled",
					"everybody could connect and disconnect servers: the connections page can be reached from other machines, because %s, and there is no Spring Security that asks who they are"
						.formatted(reason),
					"Set 'server.address' to 127.0.0.1 for a page on this machine only, or add Spring Security, or, if something else keeps strangers away from the page, set 'mcp.oauth.web.allow-unprotected' to true.");
		}
	}

	/**
	 * WebFlux.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	@ConditionalOnClass(DispatcherHandler.class)
	static class Reactive {

		@Bean
		@ConditionalOnMissingBean(name = "mcpOAuthConnectionsRoutes")
		RouterFunction<ServerResponse> mcpOAuthConnectionsRoutes(ConnectionsPage page) {
			return ReactiveConnections.routes(page);
		}

	}

	/**
	 * Spring MVC.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@ConditionalOnClass(DispatcherServlet.class)
	static class Servlet {

		@Bean
		@ConditionalOnMissingBean(name = "mcpOAuthConnectionsRoutes")
		org.springframework.web.servlet.function.RouterFunction<org.springframework.web.servlet.function.ServerResponse> mcpOAuthConnectionsRoutes(
				ConnectionsPage page) {
			return ServletConnections.routes(page);
		}

	}

	/**
	 * Knows the filters of Spring Security by their names, because it may not be there.
	 */
	private static final class SpringSecurityFilters {

		private static final String SERVLET = "springSecurityFilterChain";

		private static final String REACTIVE = "org.springframework.security.web.server.WebFilterChainProxy";

		private SpringSecurityFilters() {
		}

		static boolean arePresent(ListableBeanFactory beanFactory) {
			ClassLoader classLoader = SpringSecurityFilters.class.getClassLoader();
			return beanFactory.containsBean(SERVLET) || (ClassUtils.isPresent(REACTIVE, classLoader) && beanFactory
				.getBeanNamesForType(ClassUtils.resolveClassName(REACTIVE, classLoader), true, false).length > 0);
		}

	}

	/**
	 * What ahead-of-time processing cannot see.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			hints.resources().registerPattern("io/github/mcpoauth/web/connections.*");
		}

	}

}
