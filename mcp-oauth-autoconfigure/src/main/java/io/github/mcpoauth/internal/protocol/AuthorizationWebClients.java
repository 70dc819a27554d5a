// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.work.WorkThreads;

import org.springframework.web.reactive.function.client.WebClient;

/**
 * The private clients that talk to the servers an MCP server's authorization consists of.
 * <p>
 * A client never carries a token filter and never follows a redirect. It connects to
 * addresses that the address policy allows only, and to loopback only when the MCP server
 * itself is there; a refused address fails with {@link UnusableException}, alone or as
 * the cause of another exception. It must not send a request a second time by itself: a
 * refresh token that is sent twice may revoke the whole grant. For the same reason it had
 * better not reuse connections, because a request on one that the server has just closed
 * ends in an unknown outcome.
 */
@FunctionalInterface
public interface AuthorizationWebClients {

	/**
	 * The client to use on behalf of an MCP server.
	 * @param server the MCP server
	 * @return the client, without base URL
	 */
	WebClient forServer(McpServer server);

	/**
	 * The threads of the exchanges: answers are read and client keys are used on those
	 * that may block, and the timer ends an exchange that takes too long.
	 * @return the threads, which the caller does not close
	 */
	default WorkThreads threads() {
		return WorkThreads.shared();
	}

	/**
	 * The same clients on other threads.
	 * @param threads the threads
	 * @return the clients
	 */
	default AuthorizationWebClients on(WorkThreads threads) {
		AuthorizationWebClients clients = this;
		return new AuthorizationWebClients() {

			@Override
			public WebClient forServer(McpServer server) {
				return clients.forServer(server);
			}

			@Override
			public WorkThreads threads() {
				return threads;
			}

		};
	}

}
