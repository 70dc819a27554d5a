/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
