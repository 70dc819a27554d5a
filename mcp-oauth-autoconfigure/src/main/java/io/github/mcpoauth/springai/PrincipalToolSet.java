// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.tool.ToolCallback;

/**
 * The tools of one connection. If requests may be for different principals and the server
 * of the connection is configured, each user has tools, otherwise all share those of the
 * client of the connection.
 *
 * @param server supplies the server as it is configured now, {@code null} for a server
 * that is not configured
 * @param users supplies the sessions of users, {@code null} where all requests use the
 * application's own grant
 * @param userTools the tools of a server for its users, the same each time
 * @param advised whether an advisor finds a user whom the present thread does not know
 * @param client the tools on the client of the connection
 */
record PrincipalToolSet(Supplier<@Nullable McpServer> server, Supplier<@Nullable UserSessions> users,
		BiFunction<McpServer, UserSessions, UserTools> userTools, BooleanSupplier advised,
		ConnectionToolSet client) implements ConnectionToolSet {

	@Override
	public List<ToolCallback> get() {
		UserSessions users = this.users.get();
		McpServer server = (users != null) ? this.server.get() : null;
		return (users == null || server == null) ? this.client.get()
				: this.userTools.apply(server, users).get(server, this.advised.getAsBoolean());
	}

	@Override
	public void invalidate() {
		this.client.invalidate();
		UserSessions users = this.users.get();
		McpServer server = (users != null) ? this.server.get() : null;
		if (users != null && server != null) {
			this.userTools.apply(server, users).invalidate();
		}
	}

}
