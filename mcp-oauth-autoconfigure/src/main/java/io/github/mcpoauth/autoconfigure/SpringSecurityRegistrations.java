// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.registration.AuthorizedClients;
import io.github.mcpoauth.internal.registration.SpringSecurityClients;
import io.github.mcpoauth.internal.registration.SpringSecurityClients.Backend;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalResolver;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.endpoint.OAuth2AccessTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.OAuth2RefreshTokenGrantRequest;
import org.springframework.security.oauth2.client.endpoint.ReactiveOAuth2AccessTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.util.ClassUtils;

/**
 * Connects servers with {@code oauth.registration} to Spring Security's OAuth 2.0 client,
 * which is optional.
 */
final class SpringSecurityRegistrations {

	private static final String CLIENT = "org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager";

	private static final String REGISTRATIONS = "spring.security.oauth2.client.registration";

	private static final Log logger = LogFactory.getLog(SpringSecurityRegistrations.class);

	private final ConfigurableEnvironment environment;

	private final McpOAuthConfiguration configuration;

	private final McpOAuthProperties properties;

	private final BeanFactory beans;

	/**
	 * Create it.
	 * @param environment where the properties come from
	 * @param configuration the servers
	 * @param properties the shared settings
	 * @param beans the beans of Spring Security
	 */
	SpringSecurityRegistrations(ConfigurableEnvironment environment, McpOAuthConfiguration configuration,
			McpOAuthProperties properties, BeanFactory beans) {
		this.environment = environment;
		this.configuration = configuration;
		this.properties = properties;
		this.beans = beans;
	}

	/**
	 * Find the tokens that Spring Security keeps.
	 * @param threads threads that may block
	 * @param clock the clock
	 * @return the tokens, {@code null} if no server needs them, and in a command, which
	 * has no users
	 * @throws InvalidMcpConfigurationException if a registration cannot be used
	 */
	@Nullable AuthorizedClients clients(WorkThreads threads, Clock clock) {
		List<McpServer> servers = this.configuration.servers()
			.stream()
			.filter((server) -> server.oauth().registration() != null)
			.toList();
		if (servers.isEmpty() || MemoryStore.isCommand(this.environment)) {
			return null;
		}
		if (!ClassUtils.isPresent(CLIENT, null)) {
			throw problem(servers.get(0), "Spring Security's OAuth 2.0 client is not on the classpath",
					"Add spring-boot-starter-security-oauth2-client.");
		}
		return new Beans(this, threads).clients(servers, clock);
	}

	private InvalidMcpConfigurationException problem(McpServer server, String reason, String action) {
		return McpOAuthConfiguration.problem(this.environment,
				ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, server.name())
					.append("oauth.registration")
					.toString(),
				reason, action);
	}

	private boolean hasUsers() {
		return PrincipalSources.areSeveral(this.beans.getBeanProvider(PrincipalResolver.class),
				this.properties.principal());
	}

	/**
	 * Loaded only where Spring Security's OAuth 2.0 client is present.
	 *
	 * @param registrations the settings
	 * @param threads threads that may block
	 */
	private record Beans(SpringSecurityRegistrations registrations, WorkThreads threads) {

		/**
		 * A repository may ask a database.
		 */
		private static final Duration LONGEST = Duration.ofSeconds(30);

		AuthorizedClients clients(List<McpServer> servers, Clock clock) {
			BeanFactory beans = this.registrations.beans;
			McpServer first = servers.get(0);
			ClientRegistrationRepository servlet = beans.getBeanProvider(ClientRegistrationRepository.class)
				.getIfAvailable();
			ReactiveClientRegistrationRepository reactive = (servlet != null) ? null
					: beans.getBeanProvider(ReactiveClientRegistrationRepository.class).getIfAvailable();
			if (servlet != null) {
				check(servers, servlet, servlet::findByRegistrationId);
				return clients(servlet(first, servlet), clock);
			}
			if (reactive != null) {
				check(servers, reactive, (id) -> reactive.findByRegistrationId(id).block(LONGEST));
				return clients(reactive(first, reactive), clock);
			}
			throw this.registrations.problem(first, "the application has no client registration of Spring Security",
					"Define one below '%s'.".formatted(REGISTRATIONS));
		}

		private AuthorizedClients clients(Backend backend, Clock clock) {
			return new SpringSecurityClients(backend, this.registrations.properties.principal().contextKey(), clock,
					this.threads, this.registrations.configuration.protocol().tokenTimeout());
		}

		private void check(List<McpServer> servers, Object repository,
				Function<String, @Nullable ClientRegistration> find) {
			for (McpServer server : servers) {
				String id = Objects.requireNonNull(server.oauth().registration());
				ClientRegistration registration = find.apply(id);
				if (registration == null) {
					throw this.registrations.problem(server,
							"there is no client registration '%s' of Spring Security".formatted(id),
							"Define it below '%s'%s.".formatted(REGISTRATIONS, present(repository)));
				}
				boolean needsUser = !AuthorizationGrantType.CLIENT_CREDENTIALS
					.equals(registration.getAuthorizationGrantType());
				if (needsUser && !this.registrations.hasUsers()) {
					throw this.registrations.problem(server,
							"the tokens of registration '%s' belong to users, and requests are not made for users"
								.formatted(id),
							"Set 'mcp.oauth.principal.source' to 'security'.");
				}
				if (registration.getScopes().contains("openid")) {
					logger
						.warn("""
								MCP server '%s' gets the tokens of registration '%s', with which users log in (scope 'openid'). Make sure \
								that the authorization server issues them for this MCP server: it must refuse tokens that were issued for another \
								service, and one that accepts them can use them there"""
							.formatted(server.name(), id));
				}
			}
		}

		private static String present(Object repository) {
			if (!(repository instanceof Iterable<?> known)) {
				return "";
			}
			return StreamSupport.stream(known.spliterator(), false)
				.filter(ClientRegistration.class::isInstance)
				.map((registration) -> ((ClientRegistration) registration).getRegistrationId())
				.collect(Collectors.collectingAndThen(Collectors.toCollection(TreeSet::new),
						(ids) -> ", or use one of these: '%s'".formatted(String.join("', '", ids))));
		}

		/**
		 * Spring Security's default manager needs the HTTP request of the user. A tool
		 * call on another thread has no such request, and a renewal may outlive it.
		 */
		private Backend servlet(McpServer first, ClientRegistrationRepository repository) {
			BeanFactory beans = this.registrations.beans;
			OAuth2AuthorizedClientService service = beans.getBeanProvider(OAuth2AuthorizedClientService.class)
				.getIfAvailable();
			OAuth2AuthorizedClientManager own = own(first, OAuth2AuthorizedClientManager.class,
					"DefaultOAuth2AuthorizedClientManager");
			if (own != null) {
				return new SpringSecurityClients.Servlet(own, service, repository, this.threads);
			}
			if (service == null) {
				throw withoutService(first);
			}
			AuthorizedClientServiceOAuth2AuthorizedClientManager manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(
					repository, service);
			OAuth2AuthorizedClientProviderBuilder providers = OAuth2AuthorizedClientProviderBuilder.builder()
				.authorizationCode()
				.refreshToken((refresh) -> this.<OAuth2AccessTokenResponseClient<OAuth2RefreshTokenGrantRequest>>bean(
						OAuth2AccessTokenResponseClient.class, OAuth2RefreshTokenGrantRequest.class,
						refresh::accessTokenResponseClient))
				.clientCredentials((credentials) -> this
					.<OAuth2AccessTokenResponseClient<OAuth2ClientCredentialsGrantRequest>>bean(
							OAuth2AccessTokenResponseClient.class, OAuth2ClientCredentialsGrantRequest.class,
							credentials::accessTokenResponseClient));
			beans.getBeanProvider(OAuth2AuthorizedClientProvider.class).orderedStream().forEach(providers::provider);
			manager.setAuthorizedClientProvider(providers.build());
			return new SpringSecurityClients.Servlet(manager, service, repository, this.threads);
		}

		private Backend reactive(McpServer first, ReactiveClientRegistrationRepository repository) {
			BeanFactory beans = this.registrations.beans;
			ReactiveOAuth2AuthorizedClientService service = beans
				.getBeanProvider(ReactiveOAuth2AuthorizedClientService.class)
				.getIfAvailable();
			ReactiveOAuth2AuthorizedClientManager own = own(first, ReactiveOAuth2AuthorizedClientManager.class,
					"DefaultReactiveOAuth2AuthorizedClientManager");
			if (own != null) {
				return new SpringSecurityClients.Reactive(own, service, repository);
			}
			if (service == null) {
				throw withoutService(first);
			}
			AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager manager = new AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager(
					repository, service);
			ReactiveOAuth2AuthorizedClientProviderBuilder providers = ReactiveOAuth2AuthorizedClientProviderBuilder
				.builder()
				.authorizationCode()
				.refreshToken(
						(refresh) -> this.<ReactiveOAuth2AccessTokenResponseClient<OAuth2RefreshTokenGrantRequest>>bean(
								ReactiveOAuth2AccessTokenResponseClient.class, OAuth2RefreshTokenGrantRequest.class,
								refresh::accessTokenResponseClient))
				.clientCredentials((credentials) -> this
					.<ReactiveOAuth2AccessTokenResponseClient<OAuth2ClientCredentialsGrantRequest>>bean(
							ReactiveOAuth2AccessTokenResponseClient.class, OAuth2ClientCredentialsGrantRequest.class,
							credentials::accessTokenResponseClient));
			beans.getBeanProvider(ReactiveOAuth2AuthorizedClientProvider.class)
				.orderedStream()
				.forEach(providers::provider);
			manager.setAuthorizedClientProvider(providers.build());
			return new SpringSecurityClients.Reactive(manager, service, repository);
		}

		/**
		 * The application's own manager, if it has one that needs no HTTP request.
		 */
		private <T> @Nullable T own(McpServer server, Class<T> type, String ofRequests) {
			List<T> managers = this.registrations.beans.getBeanProvider(type)
				.orderedStream()
				.filter((manager) -> !manager.getClass().getSimpleName().equals(ofRequests))
				.toList();
			if (managers.size() > 1) {
				throw this.registrations.problem(server,
						"there are %d beans of type %s".formatted(managers.size(), type.getSimpleName()),
						"Leave one that needs no HTTP request.");
			}
			return managers.isEmpty() ? null : managers.get(0);
		}

		private <T> void bean(Class<?> type, Class<?> request, Consumer<T> consumer) {
			this.registrations.beans.<T>getBeanProvider(ResolvableType.forClassWithGenerics(type, request))
				.ifAvailable(consumer);
		}

		private InvalidMcpConfigurationException withoutService(McpServer server) {
			return this.registrations.problem(server,
					"the application keeps the tokens of its logins in the HTTP session only, where a tool call on another thread cannot read them",
					"Declare an OAuth2AuthorizedClientService or an AuthorizedClientServiceOAuth2AuthorizedClientManager, or their reactive counterparts.");
		}

	}

}
