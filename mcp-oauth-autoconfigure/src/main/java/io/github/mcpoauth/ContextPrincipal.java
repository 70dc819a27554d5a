/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth;

import java.security.Principal;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Reads the principal from an entry of the Reactor context. What is of another type there
 * is an error and not nobody: it says that somebody was meant.
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

}
