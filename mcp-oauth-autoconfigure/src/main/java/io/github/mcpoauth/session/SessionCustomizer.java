// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import io.github.mcpoauth.McpServer;
import io.modelcontextprotocol.client.McpClient.AsyncSpec;

/**
 * Adds to the clients of sessions, for example consumers of progress, logging and changed
 * lists, or answers to sampling and elicitation.
 */
@FunctionalInterface
public interface SessionCustomizer {

	/**
	 * Customize a client before it is built. Called again for each new client of a
	 * server.
	 * @param server the server
	 * @param client the builder of the client
	 */
	void customize(McpServer server, AsyncSpec client);

}
