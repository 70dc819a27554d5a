// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.actuate.McpOAuthEndpoint;
import io.github.mcpoauth.actuate.McpOAuthEndpointWebExtension;
import io.github.mcpoauth.actuate.McpOAuthPrincipalsEndpoint;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.manager.McpOAuthManager;

import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for the {@link McpOAuthEndpoint} and
 * the {@link McpOAuthPrincipalsEndpoint}.
 */
@AutoConfiguration(afterName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(McpOAuthManager.class)
public final class McpOAuthEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(McpOAuthEndpoint.class)
	@ConditionalOnAvailableEndpoint(McpOAuthEndpoint.class)
	@RegisterReflectionForBinding({ McpOAuthEndpoint.ServersDescriptor.class, McpOAuthEndpoint.ServerDescriptor.class,
			McpOAuthEndpoint.FlowDescriptor.class, McpOAuthEndpoint.LoginDescriptor.class,
			McpOAuthEndpoint.RevocationDescriptor.class, McpOAuthEndpoint.QuestionDescriptor.class,
			McpOAuthEndpointWebExtension.FailureDescriptor.class })
	McpOAuthEndpoint mcpOAuthEndpoint(McpOAuthManager manager, ObjectProvider<QuestionRegistry> questions) {
		return new McpOAuthEndpoint(manager, questions.getIfAvailable(QuestionRegistry::unanswered));
	}

	@Bean
	@ConditionalOnMissingBean(McpOAuthEndpointWebExtension.class)
	@ConditionalOnAvailableEndpoint(endpoint = McpOAuthEndpoint.class, exposure = EndpointExposure.WEB)
	McpOAuthEndpointWebExtension mcpOAuthEndpointWebExtension(McpOAuthEndpoint endpoint) {
		return new McpOAuthEndpointWebExtension(endpoint);
	}

	@Bean
	@ConditionalOnMissingBean(McpOAuthPrincipalsEndpoint.class)
	@ConditionalOnAvailableEndpoint(McpOAuthPrincipalsEndpoint.class)
	@RegisterReflectionForBinding({ McpOAuthPrincipalsEndpoint.PageDescriptor.class,
			McpOAuthPrincipalsEndpoint.GrantDescriptor.class, McpOAuthPrincipalsEndpoint.RemovalDescriptor.class,
			McpOAuthPrincipalsEndpoint.ServerDescriptor.class, McpOAuthEndpointWebExtension.FailureDescriptor.class })
	McpOAuthPrincipalsEndpoint mcpOAuthPrincipalsEndpoint(McpOAuthManager manager) {
		return new McpOAuthPrincipalsEndpoint(manager);
	}

}
