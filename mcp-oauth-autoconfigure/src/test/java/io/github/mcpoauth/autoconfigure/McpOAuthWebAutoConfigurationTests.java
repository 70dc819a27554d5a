// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

import io.github.mcpoauth.internal.web.ConnectionsPage;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.MainProcess;
import io.github.mcpoauth.testing.ScriptedManager;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.ApplicationContextAssertProvider;
import org.springframework.boot.test.context.runner.AbstractApplicationContextRunner;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.security.web.server.WebFilterChainProxy;
import org.springframework.web.filter.CharacterEncodingFilter;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.servlet.DispatcherServlet;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When there is a connections page, and when the application must not start with one.
 */
class McpOAuthWebAutoConfigurationTests {

	private static final String ENABLED = "mcp.oauth.web.enabled=true";

	private static final String LOOPBACK = "server.address=127.0.0.1";

	private static final String ROUTES = "mcpOAuthConnectionsRoutes";

	private final WebApplicationContextRunner servlet = runner(new WebApplicationContextRunner());

	private final ReactiveWebApplicationContextRunner reactive = runner(new ReactiveWebApplicationContextRunner());

	@Test
	void pageWhenNotEnabledIsNotThere() {
		this.servlet.withPropertyValues(LOOPBACK)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionsPage.class));
		this.reactive.withPropertyValues(LOOPBACK, "mcp.oauth.web.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ROUTES));
	}

	@Test
	void pageWhenEnabledIsServed() {
		this.servlet.withPropertyValues(ENABLED, LOOPBACK)
			.run((context) -> assertThat(context).hasSingleBean(ConnectionsPage.class)
				.hasSingleBean(org.springframework.web.servlet.function.RouterFunction.class)
				.doesNotHaveBean(RouterFunction.class));
		this.reactive.withPropertyValues(ENABLED, "server.address=::1")
			.run((context) -> assertThat(context).hasSingleBean(ConnectionsPage.class)
				.hasSingleBean(RouterFunction.class)
				.doesNotHaveBean(org.springframework.web.servlet.function.RouterFunction.class));
	}

	@Test
	void pageWhenThereIsNoWebServerIsNotThere() {
		runner(new ApplicationContextRunner()).withPropertyValues(ENABLED)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionsPage.class));
	}

	@Test
	void pageWhenThereIsNoManagerIsNotThere() {
		new WebApplicationContextRunner().withConfiguration(AutoConfigurations.of(McpOAuthWebAutoConfiguration.class))
			.withPropertyValues(ENABLED)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionsPage.class));
	}

	@Test
	void pageWhenSpringMvcIsNotThereIsNotServed() {
		this.servlet.withPropertyValues(ENABLED, LOOPBACK)
			.withClassLoader(new FilteredClassLoader(DispatcherServlet.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ROUTES));
	}

	@Test
	@DisplayName("JMustache is optional: only the page needs it, and says so")
	void startWhenJMustacheIsNotThereFailsForThePageOnly() {
		FilteredClassLoader classLoader = new FilteredClassLoader("com.samskivert.mustache");
		this.servlet.withPropertyValues(LOOPBACK)
			.withClassLoader(classLoader)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionsPage.class));
		this.servlet.withPropertyValues(ENABLED, LOOPBACK).withClassLoader(classLoader).run((context) -> {
			Throwable failure = Objects.requireNonNull(context.getStartupFailure());
			FailureAnalysis analysis = Objects
				.requireNonNull(new InvalidMcpConfigurationFailureAnalyzer().analyze(failure));
			assertThat(analysis.getDescription()).contains("Property: mcp.oauth.web.enabled", "needs JMustache");
			assertThat(analysis.getAction()).contains("com.samskivert:jmustache");
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			server.port=0 | 'server.address' is not set, which means all addresses
			server.address=0.0.0.0 | 'server.address' is 0.0.0.0
			server.address=192.0.2.1 | 'server.address' is 192.0.2.1
			server.address=127.0.0.1,server.forward-headers-strategy=native | 'server.forward-headers-strategy' says
			server.address=127.0.0.1,mcp.oauth.web.external-url=https://agent.example | external-url' is not an address
			""")
	void startWhenOthersCanReachThePageUnprotectedFails(String properties, String reason) {
		for (AbstractApplicationContextRunner<?, ?, ?> runner : List.of(this.servlet, this.reactive)) {
			runner.withPropertyValues(ENABLED).withPropertyValues(properties.split(",")).run((context) -> {
				Throwable failure = Objects
					.requireNonNull(((ApplicationContextAssertProvider<?>) context).getStartupFailure());
				assertThat(failure).rootCause().isInstanceOf(InvalidMcpConfigurationException.class);
				FailureAnalysis analysis = Objects
					.requireNonNull(new InvalidMcpConfigurationFailureAnalyzer().analyze(failure));
				assertThat(analysis.getDescription()).contains("Property: mcp.oauth.web.enabled", reason);
				assertThat(analysis.getAction()).contains("'server.address'", "Spring Security",
						"'mcp.oauth.web.allow-unprotected'");
			});
			runner.withPropertyValues(ENABLED, "mcp.oauth.web.allow-unprotected=true")
				.withPropertyValues(properties.split(","))
				.run((context) -> assertThat(context.containsBean(ROUTES)).isTrue());
		}
	}

	@Test
	void startWhenSpringSecurityIsOnIsFineAtAnyAddress() {
		this.servlet.withPropertyValues(ENABLED)
			.withBean("springSecurityFilterChain", CharacterEncodingFilter.class, CharacterEncodingFilter::new)
			.run((context) -> assertThat(context).hasNotFailed().hasBean(ROUTES));
		this.reactive.withPropertyValues(ENABLED)
			.withBean(WebFilterChainProxy.class, () -> new WebFilterChainProxy(List.of()))
			.run((context) -> assertThat(context).hasNotFailed().hasBean(ROUTES));
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://agent.example", "ftp://agent.example", "agent.example", "https://agent.example/",
			"https://u@agent.example", "https://agent.example?a=b", "https://agent.example/#x" })
	void startWhenExternalUrlIsNoneFails(String url) {
		this.servlet.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class))
			.withPropertyValues("mcp.oauth.web.external-url=" + url)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("mcp.oauth.web.external-url: it must be https"));
	}

	@Test
	void hintsWhenRegisteredHaveAllResources() {
		RuntimeHints hints = new RuntimeHints();
		new McpOAuthWebAutoConfiguration.Hints().registerHints(hints, null);
		for (String name : List.of("connections.css", "connections.js", "connections.svg", "servers.mustache",
				"messages_de.properties")) {
			assertThat(RuntimeHintsPredicates.resource().forResource("io/github/mcpoauth/internal/web/" + name))
				.accepts(hints);
		}
	}

	@ParameterizedTest
	@CsvSource({
			"reactive,(spring-webmvc|spring-boot-(webmvc|servlet|tomcat)|tomcat|jakarta.servlet|spring-security).*",
			"servlet,(spring-boot-(webflux|reactor-netty|data)|reactor-netty|netty|lettuce|spring-(data|security)).*" })
	void pageWhenOnlyOneStackIsThereIsServed(String type, String absent, @TempDir Path directory) throws Exception {
		MainProcess process = MainProcess.run(ConnectionsProcess.class, directory,
				MainProcess.classPathWithout(Pattern.compile(absent)), "-Dtest.web=" + type);
		assertThat(process.output()).contains("Answer: 200", "Not connected");
	}

	@SuppressWarnings("unchecked")
	private static <R extends AbstractApplicationContextRunner<?, ?, ?>> R runner(R runner) {
		return (R) runner
			.withBean(McpOAuthManager.class, () -> ScriptedManager.of("github", URI.create("https://mcp.example/mcp")))
			.withConfiguration(AutoConfigurations.of(McpOAuthWebAutoConfiguration.class));
	}

}
