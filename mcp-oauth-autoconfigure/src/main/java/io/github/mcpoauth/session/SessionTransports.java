// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.modelcontextprotocol.spec.McpClientTransport;
import org.jspecify.annotations.Nullable;

import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Makes the transports that sessions run on.
 */
@FunctionalInterface
public interface SessionTransports {

	/**
	 * A new transport for one session. Its requests carry the server's token. A rejected
	 * token must come out of it as an exception of this library and never as a response,
	 * since the transports of the MCP library take one for a missing session.
	 * @param server the server
	 * @return a new transport
	 */
	McpClientTransport create(McpServer server);

	/**
	 * A transport for a session of a certain principal.
	 * @param server the server
	 * @param key the grant of all requests of the session, in any Reactor context
	 * @return a new transport
	 * @throws UnsupportedOperationException if these transports know the application's
	 * own grant only
	 */
	default McpClientTransport create(McpServer server, GrantKey key) {
		if (key.principal() != null) {
			throw new UnsupportedOperationException(
					"MCP server '%s': %s makes no transports for principals".formatted(key, getClass().getName()));
		}
		return create(server);
	}

	/**
	 * A transport for a session with a server that speaks only the HTTP+SSE transport of
	 * 2024-11-05.
	 * @param server the server
	 * @param key the grant of all requests of the session, in any Reactor context
	 * @param first the first filter of all its requests, which stops those to other
	 * origins and watches the event stream
	 * @return the transport, {@code null} if such servers are refused with a message
	 */
	default @Nullable McpClientTransport createSse(McpServer server, GrantKey key, ExchangeFilterFunction first) {
		return null;
	}

	/**
	 * A client for the requests of the protocol of 2026-07-28, which has no sessions. Its
	 * requests carry the token of the grant, and a rejected token comes out of it as an
	 * exception of this library.
	 * @param server the server
	 * @param key the grant of all requests, in any Reactor context
	 * @return the client, {@code null} if these transports are for sessions only
	 */
	default @Nullable WebClient webClient(McpServer server, GrantKey key) {
		return null;
	}

}
