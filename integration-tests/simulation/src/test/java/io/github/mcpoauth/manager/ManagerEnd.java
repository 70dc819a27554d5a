// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import reactor.core.publisher.Mono;

/**
 * The end of a manager without the thread that waits for it, which virtual time cannot
 * have.
 */
public final class ManagerEnd {

	private ManagerEnd() {
	}

	/**
	 * End a manager as {@link McpOAuthManager#close()} does.
	 * @param manager the manager
	 * @return an empty mono at the end of all work
	 */
	public static Mono<Void> of(McpOAuthManager manager) {
		return ((DefaultMcpOAuthManager) manager).end();
	}

}
