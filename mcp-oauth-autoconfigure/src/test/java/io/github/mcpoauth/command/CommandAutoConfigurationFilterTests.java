// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.Map;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link CommandAutoConfigurationFilter}.
 */
class CommandAutoConfigurationFilterTests {

	private static final AutoConfigurationMetadata METADATA = mock(AutoConfigurationMetadata.class);

	private final StandardEnvironment environment = new StandardEnvironment();

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration",
			"org.springframework.boot.jdbc.autoconfigure.metrics.DataSourcePoolMetricsAutoConfiguration",
			"org.springframework.boot.data.redis.autoconfigure.health.DataRedisHealthContributorAutoConfiguration",
			"org.springframework.boot.webclient.autoconfigure.WebClientObservationAutoConfiguration",
			"org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration",
			"io.github.mcpoauth.autoconfigure.McpOAuthWebAutoConfiguration" })
	void matchWhenNoCommandUsesItLeavesItOut(String name) {
		assertThat(matches(name)).isTrue();
		this.environment.getPropertySources()
			.addFirst(new MapPropertySource(CommandLineListener.SETTINGS_NAME, Map.of()));
		assertThat(matches(name)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
			"org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration",
			"org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
			"org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration",
			"org.springframework.boot.restclient.autoconfigure.RestClientAutoConfiguration",
			"org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration",
			"org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration",
			"com.example.metrics.HealthAutoConfiguration",
			"io.github.mcpoauth.autoconfigure.McpOAuthStoreAutoConfiguration" })
	void matchWhenBeansOfAnApplicationMayNeedItKeepsIt(String name) {
		this.environment.getPropertySources()
			.addFirst(new MapPropertySource(CommandLineListener.SETTINGS_NAME, Map.of()));
		assertThat(matches(name)).isTrue();
	}

	private boolean matches(String name) {
		CommandAutoConfigurationFilter filter = new CommandAutoConfigurationFilter();
		filter.setEnvironment(this.environment);
		return filter.match(new String[] { name }, METADATA)[0];
	}

}
