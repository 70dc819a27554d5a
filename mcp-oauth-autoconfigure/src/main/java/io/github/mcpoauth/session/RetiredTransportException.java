// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

/**
 * The server speaks only the HTTP+SSE transport of 2024-11-05.
 */
final class RetiredTransportException extends McpCallException {

	private static final long serialVersionUID = 1L;

	RetiredTransportException(String server, Throwable refusal) {
		super(server, Reason.REFUSED, """
				MCP server '%1$s' speaks only the HTTP+SSE transport of 2024-11-05, and not Streamable HTTP. \
				Set mcp.servers.%1$s.url to its address for Streamable HTTP, which often ends in /mcp instead of /sse, \
				or ask its operator for one""".formatted(server), null, null, refusal);
	}

}
