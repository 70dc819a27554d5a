// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.security.Principal;

import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * Asks the application's own {@link io.github.mcpoauth.principal.PrincipalResolver} for
 * the grants of the logged-in user. The resolver finds the user as in a request: in
 * Spring Security's reactive context, and under the key of the Reactor context that is
 * configured, unless the application has put something else there.
 */
final class PageUser {

	private final McpOAuthManager manager;

	private final String contextKey;

	PageUser(McpOAuthManager manager, String contextKey) {
		this.manager = manager;
		this.contextKey = contextKey;
	}

	/**
	 * The provider of the user's grant.
	 * @param server the server
	 * @param request the request
	 * @return a mono with the provider, as {@link McpOAuthManager#providerFor(String)}
	 * finds it
	 */
	Mono<McpOAuthProvider> provider(McpServer server, PageRequest request) {
		return this.manager.providerFor(server.name()).contextWrite((context) -> context(context, request.principal()));
	}

	private Context context(Context context, @Nullable Principal principal) {
		if (principal == null) {
			return context;
		}
		Context named = context.hasKey(this.contextKey) ? context : context.put(this.contextKey, principal);
		return SpringSecurity.context(named, principal);
	}

}
