// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Everything is the application's own.
 */
enum ApplicationPrincipal implements PrincipalResolver {

	INSTANCE;

	@Override
	public Mono<GrantKey> resolve(McpServer server, ContextView context) {
		return Mono.just(server.key());
	}

}
