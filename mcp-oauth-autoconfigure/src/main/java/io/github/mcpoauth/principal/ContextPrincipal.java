// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

import java.security.Principal;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Reads the principal from an entry of the Reactor context. A value of another type is an
 * error rather than an absent principal: the application meant to name one.
 *
 * @param contextKey the key of the entry
 */
record ContextPrincipal(Object contextKey) implements PrincipalResolver {

	@Override
	public Mono<GrantKey> resolve(McpServer server, ContextView context) {
		@Nullable Object entry = context.getOrDefault(this.contextKey, null);
		if (entry == null) {
			return Mono.empty();
		}
		if (entry instanceof CharSequence name) {
			return Mono.just(server.key(name.toString()));
		}
		if (entry instanceof Principal principal) {
			return Mono.justOrEmpty(principal.getName()).map(server::key);
		}
		return Mono
			.error(new IllegalArgumentException("the entry '%s' of the Reactor context is a %s and names no principal"
				.formatted(this.contextKey, entry.getClass().getName())));
	}

	@Override
	public String describeAbsence(Thread subscriber) {
		return "the Reactor context has no entry '%s'. Write it there where the call starts".formatted(this.contextKey);
	}

}
