// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Clock;
import java.util.List;

import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration.Hints;
import io.github.mcpoauth.autoconfigure.McpOAuthProperties.WhenAbsent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.client.ClientMetadataFetch;
import io.github.mcpoauth.internal.event.GuardedListener;
import io.github.mcpoauth.internal.login.Browser;
import io.github.mcpoauth.internal.manager.CleanupSettings;
import io.github.mcpoauth.internal.manager.ManagerSettings;
import io.github.mcpoauth.internal.migration.StoredGrantImporter;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.manager.McpOAuthManagerBuilder;
import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import io.github.mcpoauth.question.QuestionHandler;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.restclient.RestTemplateCustomizer;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.thread.Threading;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;
import org.springframework.web.client.support.RestClientHttpServiceGroupConfigurer;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.support.WebClientHttpServiceGroupConfigurer;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for OAuth access to MCP servers.
 * <p>
 * Every {@code WebClient.Builder}, {@code RestClient.Builder} and
 * {@code RestTemplateBuilder} bean and every group of HTTP interfaces gets one filter,
 * which acts below the URL of a configured server and passes everything else through
 * untouched. Nothing is read from the store or the network at start-up.
 */
@AutoConfiguration(afterName = "org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration")
@ConditionalOnClass(WebClient.class)
@ConditionalOnBooleanProperty(name = "mcp.oauth.enabled", matchIfMissing = true)
@EnableConfigurationProperties({ McpServersProperties.class, McpOAuthProperties.class })
@ImportRuntimeHints(Hints.class)
public final class McpOAuthAutoConfiguration {

	@Bean
	static SecretConverter mcpOAuthSecretConverter() {
		return new SecretConverter();
	}

	@Bean
	static ConfigurationPropertiesBindHandlerAdvisor mcpOAuthAbsentServerProperties() {
		return AbsentServerProperties::new;
	}

	@Bean
	static ConfigurationPropertiesBindHandlerAdvisor mcpOAuthInvalidValues(ConfigurableEnvironment environment) {
		return (handler) -> new InvalidValues.Advice(handler, environment);
	}

	@Bean
	static ClientBuilderPostProcessor mcpOAuthClientBuilderPostProcessor(ObjectProvider<McpOAuthManager> manager,
			ObjectProvider<McpOAuthConfiguration> configuration) {
		return new ClientBuilderPostProcessor(manager, new ConfiguredServers(manager, configuration));
	}

	/**
	 * The builders of HTTP interface groups are no beans.
	 */
	@Bean
	RestClientHttpServiceGroupConfigurer mcpOAuthRestClientGroupConfigurer(ClientBuilderPostProcessor clients) {
		return (groups) -> groups.forEachClient((group, builder) -> clients.addTo(builder));
	}

	@Bean
	WebClientHttpServiceGroupConfigurer mcpOAuthWebClientGroupConfigurer(ClientBuilderPostProcessor clients) {
		return (groups) -> groups.forEachClient((group, builder) -> clients.addTo(builder));
	}

	@Bean
	static RedirectGuard mcpOAuthRedirectGuard(ObjectProvider<McpOAuthManager> manager,
			ObjectProvider<McpOAuthConfiguration> configuration) {
		return new RedirectGuard(new ConfiguredServers(manager, configuration));
	}

	@Bean
	McpOAuthConfiguration mcpOAuthConfiguration(ConfigurableEnvironment environment, McpServersProperties servers,
			McpOAuthProperties properties) {
		McpOAuthConfiguration configuration = McpOAuthConfiguration.of(environment, servers, properties);
		configuration.announce();
		return configuration;
	}

	@Bean
	@ConditionalOnMissingBean
	ClientMetadata mcpOAuthClientMetadata(McpOAuthConfiguration configuration) {
		return configuration.clientMetadata();
	}

	@Bean
	@Lazy
	ClientMetadataFetch mcpOAuthClientMetadataFetch(AuthorizationWebClients webClients) {
		return new ClientMetadataFetch(webClients);
	}

	@Bean
	@ConditionalOnMissingBean(AuthorizationWebClients.class)
	PrivateWebClients mcpOAuthAuthorizationWebClients(ConfigurableEnvironment environment,
			ResourceLoader resourceLoader, McpOAuthProperties properties, McpOAuthConfiguration configuration,
			ObjectProvider<ClientHttpConnectorBuilder<?>> connectorBuilder,
			ObjectProvider<HttpClientSettings> httpClientSettings, ObjectProvider<SslBundles> sslBundles,
			WorkThreads threads) {
		HttpClientSettings settings = httpClientSettings.getIfAvailable(HttpClientSettings::defaults)
			.withConnectTimeout(McpOAuthSettings.CONNECT_TIMEOUT);
		SslBundle bundle = sslBundle(environment, properties, sslBundles.getIfAvailable());
		return new PrivateWebClients(
				connectorBuilder
					.getIfAvailable(() -> ClientHttpConnectorBuilder.detect(resourceLoader.getClassLoader())),
				(bundle != null) ? settings.withSslBundle(bundle) : settings, properties.addressPolicy(),
				configuration.protocol(), threads);
	}

	private static @Nullable SslBundle sslBundle(ConfigurableEnvironment environment, McpOAuthProperties properties,
			@Nullable SslBundles sslBundles) {
		String name = properties.sslBundle();
		if (!StringUtils.hasText(name)) {
			return null;
		}
		try {
			if (sslBundles != null) {
				return sslBundles.getBundle(name);
			}
		}
		catch (NoSuchSslBundleException ex) {
			// Said below, with the property that asks for it
		}
		throw McpOAuthConfiguration.problem(environment, "mcp.oauth.ssl-bundle", "there is no SSL bundle of that name",
				"Define it below 'spring.ssl.bundle', or correct the name.");
	}

	@Bean
	@ConditionalOnMissingBean(TokenStore.class)
	@ConditionalOnProperty(name = "mcp.oauth.store.type", havingValue = "file", matchIfMissing = true)
	FileTokenStore mcpOAuthTokenStore(McpOAuthProperties properties, McpOAuthConfiguration configuration,
			WorkThreads threads) {
		return new FileTokenStore(McpOAuthSettings.directory(properties), Clock.systemUTC(), threads);
	}

	@Bean
	@ConditionalOnMissingBean(TokenStore.class)
	@ConditionalOnProperty(name = "mcp.oauth.store.type", havingValue = "memory")
	InMemoryTokenStore mcpOAuthInMemoryTokenStore(McpOAuthProperties properties, McpOAuthConfiguration configuration,
			WorkThreads threads) {
		MemoryStore.announce(properties, configuration.servers());
		return new InMemoryTokenStore(threads);
	}

	@Bean
	@ConditionalOnMissingBean(Browser.class)
	Browser mcpOAuthBrowser() {
		return Browser.desktop();
	}

	@Bean
	@ConditionalOnWebApplication
	@ConditionalOnMissingBean
	McpOAuthExceptionAdvice mcpOAuthExceptionAdvice() {
		return new McpOAuthExceptionAdvice();
	}

	@Bean
	ApplicationEvents mcpOAuthApplicationEvents(ApplicationEventPublisher publisher) {
		return new ApplicationEvents(publisher);
	}

	@Bean
	WorkThreads mcpOAuthWorkThreads(ConfigurableEnvironment environment) {
		return Threading.VIRTUAL.isActive(environment) ? WorkThreads.virtual() : WorkThreads.platform();
	}

	@Bean
	StoreEncryption mcpOAuthStoreEncryption(ConfigurableEnvironment environment, McpOAuthProperties properties) {
		return new StoreEncryption(environment, properties.store().encryption());
	}

	/**
	 * The questions of servers. Users find an address that they have to open where the
	 * application shows it.
	 */
	@Bean
	@Lazy
	@ConditionalOnMissingBean
	QuestionRegistry mcpOAuthQuestions(ConfigurableEnvironment environment, McpOAuthProperties properties,
			StoreEncryption encryption, WorkThreads threads, BeanFactory beans) {
		boolean page = beans.containsBean("mcpOAuthConnectionsPage");
		return new QuestionRegistry(beans.getBeanProvider(QuestionHandler.class).getIfAvailable(),
				new QuestionSettings(properties.session().questionTimeout(),
						page || beans.containsBean("mcpOAuthEndpoint"),
						page ? McpOAuthConfiguration.page(environment) : null),
				beans.getBeanProvider(Clock.class).getIfUnique(Clock::systemUTC),
				GuardedListener.of(beans.getBeanProvider(McpOAuthListener.class).orderedStream().toList()), threads,
				encryption.logins(beans.getBeanProvider(TokenStore.class).getIfUnique()));
	}

	@Bean
	ManagerLifecycle mcpOAuthManagerLifecycle(ApplicationContext context) {
		return new ManagerLifecycle(context);
	}

	@Bean
	@ConditionalOnMissingBean(McpOAuthManager.class)
	WarmUp mcpOAuthWarmUp(ObjectProvider<McpOAuthConfiguration> configuration,
			ObjectProvider<PrivateWebClients> webClients) {
		return new WarmUp(configuration, webClients);
	}

	@Bean
	@ConditionalOnMissingBean(McpOAuthManager.class)
	McpOAuthManager mcpOAuthManager(ConfigurableEnvironment environment, McpOAuthConfiguration configuration,
			McpOAuthProperties properties, AuthorizationWebClients webClients, Browser browser, WorkThreads threads,
			ManagerLifecycle lifecycle, StoreEncryption encryption, BeanFactory beans) {
		AssertionSupplier assertions = beans.getBeanProvider(AssertionSupplier.class).getIfAvailable();
		SubjectTokenSupplier subjectTokens = beans.getBeanProvider(SubjectTokenSupplier.class).getIfAvailable();
		configuration.checkSuppliers(environment, assertions, subjectTokens);
		Clock clock = beans.getBeanProvider(Clock.class).getIfUnique(Clock::systemUTC);
		TokenStore store = beans.getBeanProvider(TokenStore.class).getIfAvailable(() -> {
			throw McpOAuthConfiguration.problem(environment, "mcp.oauth.store.type",
					"what a store of that type needs is not there",
					"Add the database or Redis starter and its connection, or use file or memory.");
		});
		McpOAuthManagerBuilder builder = McpOAuthManager.builder()
			.servers(configuration.servers())
			.store(encryption.of(store))
			.settings(new ManagerSettings(configuration.protocol(), configuration.refresh(),
					MemoryStore.login(configuration.login(), store, properties, environment),
					configuration.principalCache(), CleanupSettings.after(properties.store().removeUnusableAfter())))
			.principals(beans.getBeanProvider(PrincipalResolver.class)
				.getIfAvailable(() -> PrincipalSources.resolver(environment, properties.principal())))
			.applicationWhenAbsent(properties.principal().whenAbsent() == WhenAbsent.APPLICATION)
			.assertions(assertions)
			.subjectTokens(subjectTokens)
			.authorizedClients(new SpringSecurityRegistrations(environment, configuration, properties, beans)
				.clients(threads, clock))
			.clock(clock)
			.browser(browser)
			.page(beans.containsBean("mcpOAuthConnectionsPage") ? McpOAuthConfiguration.page(environment) : null)
			.webClients(webClients)
			.threads(threads);
		beans.getBeanProvider(McpOAuthListener.class).orderedStream().forEach(builder::listener);
		return lifecycle.manage(builder.build());
	}

	@Bean
	@Lazy
	@ConditionalOnMissingBean(GrantImporter.class)
	@ConditionalOnBean(TokenStore.class)
	StoredGrantImporter mcpOAuthGrantImporter(ConfigurableEnvironment environment, McpOAuthManager manager,
			McpOAuthProperties properties, TokenStore store, StoreEncryption encryption, WorkThreads threads) {
		MemoryStore.checkImport(environment, store);
		return new StoredGrantImporter(manager::servers, encryption.of(store), properties.timeout().lock(), threads);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RestTemplateCustomizer.class)
	static class RestTemplates {

		@Bean
		RestTemplateCustomizer mcpOAuthRestTemplateCustomizer(ClientBuilderPostProcessor clients) {
			return clients::addTo;
		}

	}

	/**
	 * Hints that ahead-of-time processing cannot derive.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		/**
		 * Implemented by JNA, where that is present.
		 */
		private static final String C_LIBRARY = "io.github.mcpoauth.internal.store.file.JnaFlock$LibC";

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			hints.resources()
				.registerPattern("io/github/mcpoauth/internal/protocol/version.properties")
				.registerPattern("io/github/mcpoauth/store/jdbc/schema-*.sql");
			// Spring Boot finds their valueOf, with which a word stands for a whole block
			List.of(McpServersProperties.Server.class, OAuthProperties.class)
				.forEach((type) -> hints.reflection().registerType(type, MemberCategory.INVOKE_PUBLIC_METHODS));
			if (ClassUtils.isPresent(C_LIBRARY, classLoader)) {
				TypeReference library = TypeReference.of(C_LIBRARY);
				hints.proxies().registerJdkProxy(library);
				hints.reflection().registerType(library, MemberCategory.INVOKE_PUBLIC_METHODS);
			}
		}

	}

}
