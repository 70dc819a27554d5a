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
 * The name of the {@link Authentication} in Spring Security's reactive context. Whoever
 * is not authenticated, or anonymous, is nobody. A thread-local is not looked at: the
 * thread that happens to make a request may have somebody else's.
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
