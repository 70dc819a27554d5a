// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.List;
import java.util.Locale;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.IdentityProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.web.ConnectionsPage;
import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import io.github.mcpoauth.session.SessionSettings;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * The configuration after all checks.
 *
 * @param servers the servers with OAuth on
 * @param withoutOAuth servers with OAuth off, which get headers of a gateway
 * @param refresh how tokens are kept fresh
 * @param protocol bounds of exchanges
 * @param login bounds of logging in and out
 * @param session bounds of sessions with the servers
 * @param principalCache how many grants of principals are kept at hand
 * @param clientMetadata the client that the application is by its own document
 */
record McpOAuthConfiguration(List<McpServer> servers, List<McpServer> withoutOAuth, RefreshSettings refresh,
		ProtocolSettings protocol, LoginSettings login, SessionSettings session, PrincipalCacheSettings principalCache,
		ClientMetadata clientMetadata) {

	private static final String EXTERNAL_URL = "mcp.oauth.web.external-url";

	/**
	 * A type that is on the classpath with a store in a database.
	 */
	private static final String DATABASE = "org.springframework.boot.sql.init.DatabaseInitializationMode";

	private static final Log logger = LogFactory.getLog(McpOAuthConfiguration.class);

	/**
	 * Check the configuration.
	 * @param environment where the properties come from
	 * @param servers the bound servers
	 * @param properties the bound shared settings
	 * @return the configuration
	 * @throws InvalidMcpConfigurationException if it cannot be used
	 */
	static McpOAuthConfiguration of(ConfigurableEnvironment environment, McpServersProperties servers,
			McpOAuthProperties properties) {
		ConfigurationLookup lookup = new ConfigurationLookup(environment);
		return of(environment, lookup, new ProblemCollector(lookup), servers, properties);
	}

	/**
	 * Bind and check the configuration.
	 * @param environment where the properties come from
	 * @return the configuration
	 * @throws InvalidMcpConfigurationException if it cannot be used
	 */
	static McpOAuthConfiguration of(ConfigurableEnvironment environment) {
		ConfigurationLookup lookup = new ConfigurationLookup(environment);
		ProblemCollector problems = new ProblemCollector(lookup);
		Binder binder = lookup.binder(problems);
		McpServersProperties servers = binder.bindOrCreate("mcp", McpServersProperties.class);
		McpOAuthProperties properties = binder.bindOrCreate("mcp.oauth", McpOAuthProperties.class);
		binder.bindOrCreate("mcp.oauth.health", McpOAuthHealthProperties.class);
		if (ClassUtils.isPresent(DATABASE, McpOAuthConfiguration.class.getClassLoader())) {
			binder.bindOrCreate("mcp.oauth.store.jdbc", McpOAuthJdbcProperties.class);
		}
		return of(environment, lookup, problems, servers, properties);
	}

	private static McpOAuthConfiguration of(ConfigurableEnvironment environment, ConfigurationLookup lookup,
			ProblemCollector problems, McpServersProperties servers, McpOAuthProperties properties) {
		McpOAuthWebProperties web = lookup.binder(problems).bindOrCreate("mcp.oauth.web", McpOAuthWebProperties.class);
		McpOAuthSettings settings = new McpOAuthSettings(new ConfigurationBlock(lookup, problems, "mcp.oauth"),
				properties);
		settings.check(web.externalUrl());
		OwnClient ownClient = OwnClient.of(new ConfigurationBlock(lookup, problems, "mcp.oauth.web"), web, environment);
		McpServersMapper mapper = new McpServersMapper(lookup, problems, servers,
				properties.addressPolicy().allowPlainHttp(), ownClient);
		List<McpServer> mapped = mapper.map()
			.stream()
			.map((server) -> server.withPage(loginPage(environment, server)))
			.toList();
		problems.report();
		return new McpOAuthConfiguration(List.copyOf(mapped), List.copyOf(mapper.withoutOAuth()), settings.refresh(),
				settings.protocol(), settings.login(), settings.session(), settings.principalCache(),
				ownClient.metadata(mapped));
	}

	/**
	 * The page where users connect the servers.
	 * @param environment tells the address
	 * @return the address, or where the page is as far as that is known
	 */
	static String page(ConfigurableEnvironment environment) {
		return page(environment, ConnectionsPage.PATH);
	}

	/**
	 * The page of Spring Security where users log in with a registration.
	 */
	private static @Nullable String loginPage(ConfigurableEnvironment environment, McpServer server) {
		String registration = server.oauth().registration();
		return (registration != null) ? page(environment, "/oauth2/authorization/" + registration) : null;
	}

	private static String page(ConfigurableEnvironment environment, String path) {
		String port = environment.getProperty("server.port", "8080");
		if ("0".equals(port) && environment.getProperty(EXTERNAL_URL) == null) {
			// The port is not known before the server has started
			return contextPath(environment) + path + " of this application";
		}
		return address(environment, port) + path;
	}

	/**
	 * The address of the application for a user's browser.
	 * @param environment tells the address
	 * @param port the port on this machine
	 * @return the configured address, else one on this machine, without a slash at its
	 * end
	 */
	static String address(ConfigurableEnvironment environment, String port) {
		String external = environment.getProperty(EXTERNAL_URL);
		return (external != null) ? external : "http://127.0.0.1:%s%s".formatted(port, contextPath(environment));
	}

	private static String contextPath(ConfigurableEnvironment environment) {
		return environment.getProperty("server.servlet.context-path",
				environment.getProperty("spring.webflux.base-path", ""));
	}

	/**
	 * A problem that shows when a bean is made.
	 * @param environment where the property comes from
	 * @param property name of the property
	 * @param reason the reason
	 * @param action the remedy
	 * @return the exception to throw
	 */
	static InvalidMcpConfigurationException problem(ConfigurableEnvironment environment, String property, String reason,
			String action) {
		String origin = new ConfigurationLookup(environment).origin(ConfigurationPropertyName.of(property));
		return new InvalidMcpConfigurationException(
				List.of(new ConfigurationProblem(property, origin, reason, action)));
	}

	/**
	 * Check that a bean supplies each token that is not in a file.
	 * @param environment where the properties come from
	 * @param assertions the bean for assertions, or {@code null}
	 * @param subjectTokens the bean for users' tokens, or {@code null}
	 * @throws InvalidMcpConfigurationException if one is missing
	 */
	void checkSuppliers(ConfigurableEnvironment environment, @Nullable AssertionSupplier assertions,
			@Nullable SubjectTokenSupplier subjectTokens) {
		for (McpServer server : this.servers) {
			OAuthSettings oauth = server.oauth();
			IdentityProvider provider = oauth.identityProvider();
			String prefix = ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, server.name()).append("oauth")
					+ ".";
			boolean jwtBearer = oauth.grantType() == GrantType.JWT_BEARER;
			if (jwtBearer && provider == null && oauth.assertionFile() == null && assertions == null) {
				throw problem(environment, prefix + "assertion-file",
						"no assertion is configured and no bean supplies one",
						"Set it to the file that the platform writes, declare an AssertionSupplier bean, or set '%sidentity-provider'."
							.formatted(prefix));
			}
			boolean userAtProvider = jwtBearer && provider != null && provider.subjectTokenFile() == null;
			boolean userHere = oauth.grantType() == GrantType.TOKEN_EXCHANGE && oauth.subjectTokenFile() == null;
			if ((userAtProvider || userHere) && subjectTokens == null) {
				throw problem(environment,
						prefix + (userAtProvider ? "identity-provider.subject-token-file" : "subject-token-file"),
						"no user's token is configured and no bean supplies one",
						"Set it to the file that holds one, or declare a SubjectTokenSupplier bean.");
			}
		}
	}

	/**
	 * Log the configured servers, one line each.
	 */
	void announce() {
		this.servers
			.forEach((server) -> logger.info("MCP server '%s' at %s: OAuth is on, %s, %s".formatted(server.name(),
					UntrustedText.withoutSecrets(server.url().toString()), client(server.oauth()),
					scopes(server.oauth()))));
	}

	private static String client(OAuthSettings oauth) {
		if (oauth.registration() != null) {
			return "tokens of Spring Security's registration '%s'".formatted(oauth.registration());
		}
		String client = clientOf(oauth);
		return oauth.grantType().needsUser() ? client : "%s without a user, %s"
			.formatted(oauth.grantType().name().toLowerCase(Locale.ROOT).replace('_', ' '), client);
	}

	private static String clientOf(OAuthSettings oauth) {
		if (oauth.clientId() != null) {
			return "client '%s'".formatted(oauth.clientId());
		}
		if (!oauth.grantType().needsUser()) {
			return (oauth.clientMetadataUrl() != null)
					? "client metadata document %s".formatted(oauth.clientMetadataUrl()) : "no client";
		}
		return (oauth.clientMetadataUrl() != null)
				? "client metadata document %s or dynamic registration".formatted(oauth.clientMetadataUrl())
				: "dynamic registration";
	}

	private static String scopes(OAuthSettings oauth) {
		return oauth.scopes().isEmpty() ? "scopes as advertised"
				: "scopes '%s'".formatted(String.join(" ", oauth.scopes()));
	}

}
