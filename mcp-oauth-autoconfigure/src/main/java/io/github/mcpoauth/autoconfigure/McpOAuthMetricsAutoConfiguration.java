// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Clock;

import io.github.mcpoauth.actuate.McpOAuthGauges;
import io.github.mcpoauth.actuate.McpOAuthMeters;
import io.github.mcpoauth.actuate.McpOAuthObservationConvention;
import io.github.mcpoauth.actuate.McpOAuthObservations;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for observations and meters.
 */
@AutoConfiguration(afterName = { "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration",
		"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
		"org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration" })
@ConditionalOnBean(McpOAuthManager.class)
public final class McpOAuthMetricsAutoConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ObservationRegistry.class)
	@ConditionalOnBean(ObservationRegistry.class)
	static class Observations {

		@Bean
		@ConditionalOnMissingBean(McpOAuthObservations.class)
		McpOAuthObservations mcpOAuthObservations(ObservationRegistry registry,
				ObjectProvider<McpOAuthObservationConvention> convention) {
			return new McpOAuthObservations(registry, convention.getIfAvailable());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static class Meters {

		@Bean
		@ConditionalOnMissingBean(McpOAuthMeters.class)
		McpOAuthMeters mcpOAuthMeters(MeterRegistry registry) {
			return new McpOAuthMeters(registry);
		}

		@Bean
		@ConditionalOnMissingBean(McpOAuthGauges.class)
		McpOAuthGauges mcpOAuthGauges(ObjectProvider<McpOAuthManager> manager) {
			return new McpOAuthGauges(manager::getObject, Clock.systemUTC());
		}

	}

}
