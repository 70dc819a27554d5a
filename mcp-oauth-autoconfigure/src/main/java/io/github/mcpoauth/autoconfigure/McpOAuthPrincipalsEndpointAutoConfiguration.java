// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.actuate.McpOAuthEndpointWebExtension.FailureDescriptor;
import io.github.mcpoauth.actuate.McpOAuthPrincipalsEndpoint;
import io.github.mcpoauth.actuate.McpOAuthPrincipalsEndpoint.GrantDescriptor;
import io.github.mcpoauth.actuate.McpOAuthPrincipalsEndpoint.PageDescriptor;
import io.github.mcpoauth.actuate.McpOAuthPrincipalsEndpoint.RemovalDescriptor;
import io.github.mcpoauth.actuate.McpOAuthPrincipalsEndpoint.ServerDescriptor;
import io.github.mcpoauth.manager.McpOAuthManager;

import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the
 * {@link McpOAuthPrincipalsEndpoint}.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(McpOAuthManager.class)
@ConditionalOnAvailableEndpoint(McpOAuthPrincipalsEndpoint.class)
@RegisterReflectionForBinding({ PageDescriptor.class, GrantDescriptor.class, RemovalDescriptor.class,
		ServerDescriptor.class, FailureDescriptor.class })
public final class McpOAuthPrincipalsEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(McpOAuthPrincipalsEndpoint.class)
	McpOAuthPrincipalsEndpoint mcpOAuthPrincipalsEndpoint(McpOAuthManager manager) {
		return new McpOAuthPrincipalsEndpoint(manager);
	}

}
