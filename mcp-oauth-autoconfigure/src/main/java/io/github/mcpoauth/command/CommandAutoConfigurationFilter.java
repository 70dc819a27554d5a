// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.List;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Leaves out the auto-configuration that no command uses: web servers, metrics, tracing,
 * exporters, messaging, scheduling and migrations. A command starts faster without them,
 * and their threads cannot block it.
 * <p>
 * Configuration that beans of an application may need stays: a token store or a principal
 * resolver of its own can use a database, HTTP clients, JSON or an executor.
 * <p>
 * It is asked before the filters of Spring Boot, so that they look for no class of an
 * auto-configuration that is left out.
 */
final class CommandAutoConfigurationFilter implements AutoConfigurationImportFilter, EnvironmentAware, PriorityOrdered {

	private static final String BOOT = "org.springframework.boot.";

	private static final List<String> MODULES = List.of("activemq", "actuate", "amqp", "artemis", "autoconfigure.admin",
			"autoconfigure.availability", "autoconfigure.info", "autoconfigure.jmx", "batch", "cache", "devtools",
			"flyway", "freemarker", "graphql", "groovy", "grpc", "h2console", "hateoas", "hazelcast", "health",
			"integration", "jersey", "jms", "kafka", "liquibase", "mail", "micrometer", "mustache", "opentelemetry",
			"pulsar", "quartz", "rabbitmq", "rsocket", "security", "sendgrid", "servlet", "session", "thymeleaf",
			"tomcat", "jetty", "web.server", "webflux", "webmvc", "webservices", "websocket", "zipkin", "data.rest",
			"data.web");

	private static final List<String> OTHERS = List.of("org.springframework.ai.",
			"io.github.mcpoauth.autoconfigure.McpOAuthMetrics", "io.github.mcpoauth.autoconfigure.McpOAuthHealth",
			"io.github.mcpoauth.autoconfigure.McpOAuthEndpoint", "io.github.mcpoauth.autoconfigure.McpOAuthWeb",
			"io.github.mcpoauth.autoconfigure.McpOAuthSanitizing", "io.github.mcpoauth.autoconfigure.McpOAuthSpringAi");

	/**
	 * Subjects that have a package or classes of their own in many modules.
	 */
	private static final Pattern SUBJECTS = Pattern
		.compile("\\.(actuate|health|metrics|observation)\\.|\\.\\w*(Metrics|Health|Observation)\\w*$");

	private boolean command;

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public void setEnvironment(Environment environment) {
		this.command = environment instanceof ConfigurableEnvironment configurable
				&& configurable.getPropertySources().contains(CommandLineListener.SETTINGS_NAME);
	}

	@Override
	public boolean[] match(@Nullable String[] autoConfigurationClasses, AutoConfigurationMetadata metadata) {
		boolean[] matches = new boolean[autoConfigurationClasses.length];
		for (int index = 0; index < matches.length; index++) {
			String name = autoConfigurationClasses[index];
			matches[index] = !this.command || name == null || isUsed(name);
		}
		return matches;
	}

	private static boolean isUsed(String name) {
		boolean unused = name.startsWith(BOOT)
				? MODULES.stream().anyMatch((module) -> name.startsWith(module + ".", BOOT.length()))
						|| SUBJECTS.matcher(name).find()
				: OTHERS.stream().anyMatch(name::startsWith);
		return !unused;
	}

}
