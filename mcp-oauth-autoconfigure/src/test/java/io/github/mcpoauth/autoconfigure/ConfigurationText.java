// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;

import org.springframework.boot.env.PropertiesPropertySourceLoader;
import org.springframework.boot.env.PropertySourceLoader;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Configuration as people write it, read by Spring Boot's own loaders. What is added
 * first wins.
 */
public final class ConfigurationText {

	private final StandardEnvironment environment = new StandardEnvironment();

	private final Map<String, Object> variables = new LinkedHashMap<>();

	private ConfigurationText() {
		MutablePropertySources sources = this.environment.getPropertySources();
		sources.remove(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
		sources.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
				new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
						this.variables));
	}

	public static ConfigurationText yaml(String text) {
		return new ConfigurationText().andYaml(text);
	}

	static ConfigurationText properties(String text) {
		return new ConfigurationText().load(new PropertiesPropertySourceLoader(), "application.properties", text);
	}

	static ConfigurationText variable(String name, String value) {
		return new ConfigurationText().andVariable(name, value);
	}

	/**
	 * A server 'linear' with a URL and this below {@code oauth}.
	 */
	static ConfigurationText oauth(String block) {
		return yaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp
				      oauth:
				""" + block.indent(8));
	}

	ConfigurationText andYaml(String text) {
		return load(new YamlPropertySourceLoader(), "application.yml", text);
	}

	public ConfigurationText andVariable(String name, String value) {
		this.variables.put(name, value);
		return this;
	}

	private ConfigurationText load(PropertySourceLoader loader, String name, String text) {
		MutablePropertySources sources = this.environment.getPropertySources();
		try {
			ByteArrayResource resource = new ByteArrayResource(text.getBytes(StandardCharsets.UTF_8), name);
			for (PropertySource<?> source : loader.load(name + sources.size(), resource)) {
				sources.addLast(source);
			}
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	McpOAuthConfiguration map() {
		return McpOAuthConfiguration.of(this.environment);
	}

	public List<McpServer> servers() {
		return map().servers();
	}

	/**
	 * The settings of the only server.
	 */
	OAuthSettings settings() {
		List<McpServer> servers = servers();
		if (servers.size() != 1) {
			throw new AssertionError("There is not one server: " + servers);
		}
		return servers.get(0).oauth();
	}

	List<ConfigurationProblem> problems() {
		InvalidMcpConfigurationException exception = catchThrowableOfType(InvalidMcpConfigurationException.class,
				this::map);
		if (exception == null) {
			throw new AssertionError("There is nothing wrong with it");
		}
		return exception.getProblems();
	}

	/**
	 * The only problem, as a person reads it.
	 */
	String problem() {
		List<ConfigurationProblem> problems = problems();
		if (problems.size() != 1) {
			throw new AssertionError("There is not one problem: " + problems);
		}
		ConfigurationProblem problem = problems.get(0);
		return "%s | %s | %s | %s".formatted(problem.property(), problem.origin(), problem.reason(), problem.action());
	}

}
