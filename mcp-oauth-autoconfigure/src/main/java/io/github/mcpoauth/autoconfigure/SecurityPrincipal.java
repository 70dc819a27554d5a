// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.principal.AuthenticatedUser;
import io.github.mcpoauth.internal.principal.CallerContext;
import io.github.mcpoauth.principal.PrincipalResolver;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;

/**
 * The user of Spring Security's context in the Reactor context, which the manager has put
 * there if the user was found on a thread. An entry under a key of ours comes first. An
 * unauthenticated or anonymous request has no principal.
 *
 * @param entry reads the entry under that key
 * @param contextKey the key
 */
record SecurityPrincipal(PrincipalResolver entry, String contextKey) implements PrincipalResolver {

	SecurityPrincipal(String contextKey) {
		this(PrincipalResolver.fromContext(contextKey), contextKey);
	}

	@Override
	public Mono<GrantKey> resolve(McpServer server, ContextView context) {
		if (context.getOrDefault(this.contextKey, null) instanceof Authentication authentication) {
			return key(server, authentication);
		}
		return this.entry.resolve(server, context)
			.switchIfEmpty(Mono.defer(() -> ReactiveSecurityContextHolder.getContext()
				.contextWrite(context)
				.mapNotNull(SecurityContext::getAuthentication)
				.flatMap((authentication) -> key(server, authentication))));
	}

	private static Mono<GrantKey> key(McpServer server, Authentication authentication) {
		return Mono.justOrEmpty(AuthenticatedUser.name(authentication)).map(server::key);
	}

	@Override
	public String describeAbsence(Thread subscriber) {
		return "the Reactor context has neither an entry '%s' nor a user of Spring Security, and %s"
			.formatted(this.contextKey, CallerContext.describe(subscriber));
	}

}
