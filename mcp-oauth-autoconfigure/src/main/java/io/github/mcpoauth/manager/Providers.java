// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.refresh.GrantProviderRegistry;
import io.github.mcpoauth.internal.registration.RegisteredGrantRegistry;

/**
 * The live grants of this process: those that are kept here, and those that Spring
 * Security keeps.
 *
 * @param kept the grants that are kept here
 * @param registered the grants of servers with a registration of Spring Security
 */
record Providers(GrantProviderRegistry kept, RegisteredGrantRegistry registered) {

	void evict(String server) {
		this.kept.evict(server);
		this.registered.evict(server);
	}

	ServerStatus.Principals principals(McpServer server) {
		return (server.oauth().registration() != null) ? this.registered.principals(server.name())
				: this.kept.principals(server.name());
	}

}
