// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import io.github.mcpoauth.McpServer;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

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
	 * The threads that answers are read on and client keys are used on. They may block.
	 * @return the scheduler
	 */
	default Scheduler scheduler() {
		return Schedulers.boundedElastic();
	}

}
