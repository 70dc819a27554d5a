// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.actuate.McpOAuthEndpoint;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.FlowDescriptor;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.LoginDescriptor;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.RevocationDescriptor;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.ServerDescriptor;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.ServersDescriptor;
import io.github.mcpoauth.actuate.McpOAuthEndpointWebExtension;
import io.github.mcpoauth.actuate.McpOAuthEndpointWebExtension.FailureDescriptor;
import io.github.mcpoauth.manager.McpOAuthManager;

import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the {@link McpOAuthEndpoint}.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(McpOAuthManager.class)
@ConditionalOnAvailableEndpoint(McpOAuthEndpoint.class)
@RegisterReflectionForBinding({ ServersDescriptor.class, ServerDescriptor.class, FlowDescriptor.class,
		LoginDescriptor.class, RevocationDescriptor.class, FailureDescriptor.class })
public final class McpOAuthEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(McpOAuthEndpoint.class)
	McpOAuthEndpoint mcpOAuthEndpoint(McpOAuthManager manager) {
		return new McpOAuthEndpoint(manager);
	}

	@Bean
	@ConditionalOnMissingBean(McpOAuthEndpointWebExtension.class)
	@ConditionalOnAvailableEndpoint(endpoint = McpOAuthEndpoint.class, exposure = EndpointExposure.WEB)
	McpOAuthEndpointWebExtension mcpOAuthEndpointWebExtension(McpOAuthEndpoint endpoint) {
		return new McpOAuthEndpointWebExtension(endpoint);
	}

}
