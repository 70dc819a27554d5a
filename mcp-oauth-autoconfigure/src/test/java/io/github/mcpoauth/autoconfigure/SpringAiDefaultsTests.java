// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.Resource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * When the clients of Spring AI connect, as applications find it without asking.
 */
class SpringAiDefaultsTests {

	private static final String INITIALIZED = "spring.ai.mcp.client.initialized";

	private static final String SERVER = "--mcp.servers.demo.oauth=";

	@Test
	void applicationWhenItHasServersConnectsWhenClientsAreUsed() {
		assertThat(initialized(Empty.class, Map.of(), SERVER)).isEqualTo("false");
	}

	@Test
	void applicationWhenItHasNoServersIsLeftAlone() {
		assertThat(initialized(Empty.class, Map.of())).isNull();
	}

	@Test
	void applicationWhenOAuthIsOffIsLeftAlone() {
		assertThat(initialized(Empty.class, Map.of(), SERVER, "--mcp.oauth.enabled=false")).isNull();
	}

	@Test
	@DisplayName("The application's own setting wins, wherever it is made")
	void applicationWhenItSaysOtherwiseHasItsWay() {
		assertThat(initialized(Empty.class, Map.of(), SERVER, "--" + INITIALIZED + "=true")).isEqualTo("true");
		assertThat(initialized(Empty.class, Map.of(INITIALIZED, "true"), SERVER)).isEqualTo("true");
		assertThat(initialized(WithPropertySource.class, Map.of(), SERVER)).isEqualTo("true");
	}

	private static @Nullable String initialized(Class<?> application, Map<String, Object> defaults,
			String... arguments) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(application)
			.web(WebApplicationType.NONE)
			.properties(defaults)
			.resourceLoader(new InMemory())
			.run(arguments)) {
			return context.getEnvironment().getProperty(INITIALIZED);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Empty {

	}

	@Configuration(proxyBeanMethods = false)
	@PropertySource("memory:initialized.properties")
	static class WithPropertySource {

	}

	/**
	 * Has the file that the configuration above refers to.
	 */
	private static final class InMemory extends DefaultResourceLoader {

		@Override
		public Resource getResource(String location) {
			return location.startsWith("memory:") ? new ByteArrayResource((INITIALIZED + "=true").getBytes(UTF_8)) {
				@Override
				public String getFilename() {
					return "initialized.properties";
				}
			} : super.getResource(location);
		}

	}

}
