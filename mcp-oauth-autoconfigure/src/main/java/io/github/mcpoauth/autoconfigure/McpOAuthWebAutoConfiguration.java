// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.InetAddress;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Locale;

import io.github.mcpoauth.autoconfigure.McpOAuthWebAutoConfiguration.Hints;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.web.ConnectionsPage;
import io.github.mcpoauth.internal.web.ConnectionsSettings;
import io.github.mcpoauth.internal.web.ReactiveConnections;
import io.github.mcpoauth.internal.web.ServletConnections;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
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
@EnableConfigurationProperties({ McpOAuthProperties.class, McpOAuthWebProperties.class })
@ImportRuntimeHints(Hints.class)
public final class McpOAuthWebAutoConfiguration {

	private static final String TEMPLATES = "com.samskivert.mustache.Mustache";

	private static final Log logger = LogFactory.getLog(McpOAuthWebAutoConfiguration.class);

	@Bean
	@ConditionalOnMissingBean(ConnectionsPage.class)
	ConnectionsPage mcpOAuthConnectionsPage(McpOAuthManager manager, McpOAuthWebProperties web,
			McpOAuthProperties properties, ObjectProvider<TokenStore> store, ObjectProvider<StoreEncryption> encryption,
			ObjectProvider<QuestionRegistry> questions, ConfigurableApplicationContext context) {
		ConfigurableEnvironment environment = context.getEnvironment();
		if (!ClassUtils.isPresent(TEMPLATES, context.getClassLoader())) {
			throw McpOAuthConfiguration.problem(environment, "mcp.oauth.web.enabled",
					"the connections page needs JMustache, which is not on the class path",
					"Add the dependency 'com.samskivert:jmustache', whose version Spring Boot manages, or use 'mcp-oauth-starter', which brings it.");
		}
		Reach reach = Reach.of(environment, web.externalUrl());
		boolean secured = SpringSecurityFilters.arePresent(context.getBeanFactory());
		if (reach.others() != null && !web.allowUnprotected() && !secured) {
			throw McpOAuthConfiguration.problem(environment, "mcp.oauth.web.enabled",
					"the connections page can be reached from other machines, because %s, and there is no Spring Security that users log in with"
						.formatted(reach.others()),
					"Set 'server.address' to 127.0.0.1 for a page on this machine only, or add Spring Security, or, if something else keeps strangers away from the page, set 'mcp.oauth.web.allow-unprotected' to true.");
		}
		if (reach.others() != null && web.externalUrl() == null) {
			logger.warn(
					"The connections page answers on this machine's loopback addresses only: set 'mcp.oauth.web.external-url' to the address that browsers use.");
		}
		ConnectionsSettings.Links links = new ConnectionsSettings.Links(
				environment.getProperty("spring.application.name"), web.homeUrl(), web.logoutUrl());
		return new ConnectionsPage(manager,
				new ConnectionsSettings(web.externalUrl(), web.allowUnprotected(), properties.principal().contextKey(),
						links),
				context, Clock.systemUTC(),
				encryption.getIfAvailable(() -> new StoreEncryption(environment, properties.store().encryption()))
					.logins(store.getIfUnique()),
				questions.getIfAvailable(QuestionRegistry::unanswered));
	}

	/**
	 * Writes the access code to the log where the page is going to ask for it.
	 */
	@Bean
	ApplicationListener<ApplicationStartedEvent> mcpOAuthConnectionsCode(ObjectProvider<ConnectionsPage> page,
			ObjectProvider<McpOAuthWebProperties> web, ConfigurableApplicationContext context) {
		return (event) -> {
			if (event.getApplicationContext() == context && !web.getObject().allowUnprotected()
					&& !SpringSecurityFilters.arePresent(context.getBeanFactory())) {
				ConfigurableEnvironment environment = context.getEnvironment();
				page.ifAvailable((found) -> found.announceCode(McpOAuthConfiguration.address(environment,
						environment.getProperty("local.server.port", "8080"))));
			}
		};
	}

	/**
	 * Whether other machines reach the application.
	 *
	 * @param others why they do, {@code null} if they do not
	 */
	private record Reach(@Nullable String others) {

		static Reach of(ConfigurableEnvironment environment, @Nullable URI externalUrl) {
			Binder binder = Binder.get(environment);
			InetAddress address = binder.bind("server.address", InetAddress.class).orElse(null);
			String strategy = binder.bind("server.forward-headers-strategy", String.class).orElse("none");
			if (address == null) {
				return new Reach("'server.address' is not set, which means all addresses");
			}
			if (!address.isLoopbackAddress()) {
				return new Reach("'server.address' is %s".formatted(address.getHostAddress()));
			}
			if (!"none".equals(strategy.toLowerCase(Locale.ROOT))) {
				return new Reach("'server.forward-headers-strategy' says that there is a proxy in front of it");
			}
			return new Reach((externalUrl != null && !UrlPolicy.isLoopback(externalUrl))
					? "'mcp.oauth.web.external-url' is not an address of this machine" : null);
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
	 * Finds the filters of Spring Security by their names, because it may not be there.
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
	 * Files and classes that ahead-of-time processing cannot find by itself.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			hints.resources()
				.registerPattern("io/github/mcpoauth/internal/web/*")
				.registerPattern("mcp-oauth/connections.css")
				.registerResourceBundle("io.github.mcpoauth.internal.web.messages");
			// The templates read the values of these by reflection
			for (String type : List.of("CardState", "FormField", "LoginOutcome", "OutcomeKind", "PageTime",
					"QuestionNotice", "ServerCard", "ServerCard$Actions", "ServerCard$GrantFacts",
					"ServerCard$Identity", "ServerCard$LoginState", "ServerCard$Problem", "ServerCard$Scope")) {
				hints.reflection()
					.registerType(TypeReference.of("io.github.mcpoauth.internal.web." + type),
							MemberCategory.INVOKE_DECLARED_METHODS);
			}
		}

	}

}
