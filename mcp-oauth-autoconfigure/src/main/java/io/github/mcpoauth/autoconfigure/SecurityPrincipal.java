// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.principal.PrincipalResolver;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;

/**
 * The name of the {@link Authentication} in Spring Security's reactive context. An
 * unauthenticated or anonymous request has no principal. Thread-locals are ignored: the
 * thread that makes a request may carry the principal of another user.
 */
final class SecurityPrincipal implements PrincipalResolver {

	@Override
	public Mono<GrantKey> resolve(McpServer server, ContextView context) {
		return ReactiveSecurityContextHolder.getContext()
			.contextWrite(context)
			.mapNotNull(SecurityContext::getAuthentication)
			.filter((authentication) -> authentication.isAuthenticated()
					&& !(authentication instanceof AnonymousAuthenticationToken))
			.mapNotNull(Authentication::getName)
			.map(server::key);
	}

}
