// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.DefaultPropertiesPropertySource;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * Lets the MCP clients of Spring AI connect when they are first used, as a default that
 * any setting of the application overrides. Otherwise they connect at start-up, where one
 * server that needs a login keeps the application from starting.
 */
final class SpringAiDefaults implements EnvironmentPostProcessor, Ordered {

	private static final String INITIALIZED = "spring.ai.mcp.client.initialized";

	private static final String CLIENTS = "org.springframework.ai.mcp.client.common.autoconfigure.McpClientAutoConfiguration";

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (ClassUtils.isPresent(CLIENTS, application.getClassLoader())
				&& environment.getProperty("mcp.oauth.enabled", Boolean.class, true)
				&& !environment.containsProperty(INITIALIZED) && hasServers(environment)) {
			DefaultPropertiesPropertySource.addOrMerge(Map.of(INITIALIZED, false), environment.getPropertySources());
		}
	}

	private static boolean hasServers(ConfigurableEnvironment environment) {
		return Binder.get(environment)
			.bind(UnknownPropertyCheck.SERVERS, Bindable.mapOf(String.class, Object.class))
			.isBound();
	}

}
