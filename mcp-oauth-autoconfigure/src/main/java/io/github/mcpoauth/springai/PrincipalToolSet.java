// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.session.McpCallException;
import io.github.mcpoauth.springai.McpClientRegistry.UserSessions;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.tool.ToolCallback;

/**
 * The tools of one connection. If requests may be for different principals and the server
 * of the connection is configured, each user has tools, otherwise all share those of the
 * client of the connection. A server that refuses this client because of its protocol is
 * called over sessions.
 *
 * @param server supplies the server as it is configured now, {@code null} for a server
 * that is not configured
 * @param sessions finds the sessions that the tools of a server run on, {@code null} for
 * those that run on the client of the connection
 * @param userTools the tools of a server for its users, the same each time
 * @param advised whether an advisor finds a user whom the present thread does not know
 * @param client the tools on the client of the connection
 */
record PrincipalToolSet(Supplier<@Nullable McpServer> server, Function<McpServer, @Nullable UserSessions> sessions,
		BiFunction<McpServer, UserSessions, UserToolRegistry> userTools, BooleanSupplier advised,
		ConnectionToolSet client) implements ConnectionToolSet {

	@Override
	public List<ToolCallback> get() {
		McpServer server = this.server.get();
		UserToolRegistry tools = overSessions(server);
		if (server != null && tools != null) {
			return tools.get(server, this.advised.getAsBoolean());
		}
		try {
			return this.client.get();
		}
		catch (McpCallException ex) {
			UserToolRegistry other = overSessions(server);
			if (server == null || other == null) {
				throw ex;
			}
			return other.get(server, this.advised.getAsBoolean());
		}
	}

	private @Nullable UserToolRegistry overSessions(@Nullable McpServer server) {
		UserSessions sessions = (server != null) ? this.sessions.apply(server) : null;
		return (server != null && sessions != null) ? this.userTools.apply(server, sessions) : null;
	}

	@Override
	public void invalidate() {
		this.client.invalidate();
		UserToolRegistry tools = overSessions(this.server.get());
		if (tools != null) {
			tools.invalidate();
		}
	}

}
