// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.autoconfigure.McpOAuthProperties.Principal;
import io.github.mcpoauth.autoconfigure.McpOAuthProperties.PrincipalSource;
import io.github.mcpoauth.principal.PrincipalResolver;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * Where the principals of requests are found.
 */
final class PrincipalSources {

	private static final boolean SECURITY_PRESENT = ClassUtils.isPresent(
			"org.springframework.security.core.context.ReactiveSecurityContextHolder",
			PrincipalSources.class.getClassLoader());

	private PrincipalSources() {
	}

	static PrincipalResolver resolver(ConfigurableEnvironment environment, Principal properties) {
		return switch (properties.source()) {
			case APPLICATION -> PrincipalResolver.application();
			case CONTEXT -> PrincipalResolver.fromContext(properties.contextKey());
			case SECURITY -> security(environment, properties.contextKey());
		};
	}

	/**
	 * Whether requests may be for different principals.
	 */
	static boolean areSeveral(ObjectProvider<PrincipalResolver> resolver, Principal properties) {
		PrincipalResolver own = resolver.getIfAvailable();
		return (own != null) ? !own.equals(PrincipalResolver.application())
				: properties.source() != PrincipalSource.APPLICATION;
	}

	private static PrincipalResolver security(ConfigurableEnvironment environment, String contextKey) {
		if (!SECURITY_PRESENT) {
			throw McpOAuthConfiguration.problem(environment, "mcp.oauth.principal.source",
					"Spring Security is not on the classpath", "Add spring-security-core, or use another source.");
		}
		return new SecurityPrincipal(contextKey);
	}

}
