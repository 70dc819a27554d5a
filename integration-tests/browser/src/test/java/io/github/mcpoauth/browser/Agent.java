// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpServerSession;
import io.github.mcpoauth.session.McpSessions;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * An application that has a connections page, with token files of its own.
 */
final class Agent implements AutoCloseable {

	/**
	 * The class path has a driver, and there is nothing to connect to.
	 */
	static final String NO_DATABASE = "--spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration";

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final ConfigurableApplicationContext context;

	private Agent(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * An application on this machine that nobody has to log in to.
	 */
	static Agent open(WebApplicationType type, String... arguments) {
		return start(Open.class, type, arguments);
	}

	/**
	 * An application with what Spring Boot makes of Spring Security: {@code user} with
	 * the password {@code secret} has to log in.
	 */
	static Agent secured(WebApplicationType type, String... arguments) {
		return start(Secured.class, type, arguments);
	}

	private static Agent start(Class<?> source, WebApplicationType type, String... arguments) {
		try {
			Path tokens = Files.createTempDirectory("tokens");
			return new Agent(new SpringApplicationBuilder(source).web(type)
				.properties("server.port=0", "server.address=127.0.0.1", "mcp.oauth.web.enabled=true",
						// Without it the page asks for a code first
						"mcp.oauth.web.allow-unprotected=true",
						// Cookies know no ports, and others have sessions, too
						"server.servlet.session.cookie.name=AGENT", "server.reactive.session.cookie.name=AGENT",
						"spring.security.user.password=secret", NO_DATABASE.substring(2),
						"mcp.oauth.store.file.directory=" + tokens)
				.run(arguments));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	URI page() {
		return url("");
	}

	URI url(String more) {
		return URI.create("http://127.0.0.1:%s/mcp/connections%s"
			.formatted(this.context.getEnvironment().getProperty("local.server.port"), more));
	}

	McpOAuthManager manager() {
		return this.context.getBean(McpOAuthManager.class);
	}

	McpServerSession session(String server) {
		return this.context.getBean(McpSessions.class).get(server);
	}

	/**
	 * Where the login that is under way sends a browser.
	 */
	URI authorizationUrl(String server) {
		Login login = Objects.requireNonNull(manager().provider(GrantKey.of(server)).currentLogin());
		return Objects.requireNonNull(login.authorizationUrl());
	}

	void disconnect(String server) {
		manager().provider(GrantKey.of(server)).logout().block(PATIENCE);
	}

	/**
	 * Whether there is a token to send.
	 */
	boolean isConnected(String server) {
		return Boolean.TRUE
			.equals(manager().provider(GrantKey.of(server)).token().hasElement().onErrorReturn(false).block(PATIENCE));
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * Those that are shared would end for all agents with the first one.
	 */
	private static ReactorResourceFactory ownResources() {
		ReactorResourceFactory resources = new ReactorResourceFactory();
		resources.setUseGlobalResources(false);
		return resources;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(
			exclude = { ServletWebSecurityAutoConfiguration.class, SecurityFilterAutoConfiguration.class,
					ReactiveWebSecurityAutoConfiguration.class, UserDetailsServiceAutoConfiguration.class })
	static class Open {

		@Bean
		ReactorResourceFactory reactorResourceFactory() {
			return ownResources();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Secured {

		@Bean
		ReactorResourceFactory reactorResourceFactory() {
			return ownResources();
		}

	}

}
