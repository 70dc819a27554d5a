// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.actuate.McpOAuthHealthContributor;
import io.github.mcpoauth.manager.McpOAuthManager;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for
 * {@link McpOAuthHealthContributor}.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnClass(ReactiveHealthContributor.class)
@ConditionalOnBean(McpOAuthManager.class)
@ConditionalOnEnabledHealthIndicator("mcpoauth")
@EnableConfigurationProperties(McpOAuthHealthProperties.class)
public final class McpOAuthHealthAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = "mcpOAuthHealthContributor")
	McpOAuthHealthContributor mcpOAuthHealthContributor(McpOAuthManager manager, McpOAuthHealthProperties properties) {
		return new McpOAuthHealthContributor(manager, new Status(properties.loginRequiredStatus().name()));
	}

}
