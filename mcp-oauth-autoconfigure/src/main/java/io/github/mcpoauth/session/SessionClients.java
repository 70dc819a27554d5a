// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the clients of the MCP library that sessions use.
 *
 * @param transports creates their transports
 * @param settings their timeouts
 * @param customizers the application's additions to them
 * @param threads run the deadlines
 */
record SessionClients(SessionTransports transports, SessionSettings settings, List<SessionCustomizer> customizers,
		WorkThreads threads) {

	private static final Logger logger = LoggerFactory.getLogger(SessionClients.class);

	SessionClients {
		customizers = List.copyOf(customizers);
	}

	ClientConnection create(McpServer server, GrantKey key) {
		McpClient.AsyncSpec client = McpClient.async(this.transports.create(server, key))
			.clientInfo(Implementation.builder("mcp-oauth", version()).build())
			.requestTimeout(this.settings.requestTimeout())
			.initializationTimeout(this.settings.connectTimeout());
		this.customizers.forEach((customizer) -> customize(customizer, server, client));
		return new ClientConnection(client.build(), this.settings.connectTimeout(), this.threads);
	}

	private static void customize(SessionCustomizer customizer, McpServer server, McpClient.AsyncSpec client) {
		try {
			customizer.customize(server, client);
		}
		catch (RuntimeException ex) {
			logger.warn("MCP server '{}' is used without the additions of {}, which failed", server.name(),
					customizer.getClass().getName(), ex);
		}
	}

	private static String version() {
		String version = SessionClients.class.getPackage().getImplementationVersion();
		return (version != null) ? version : "unknown";
	}

}
