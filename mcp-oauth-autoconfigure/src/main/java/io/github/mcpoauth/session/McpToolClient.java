// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.NeedsReauth;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.UnknownServerException;
import reactor.core.publisher.Mono;

/**
 * The tools of the configured MCP servers, for callers that pass them on. Arguments and
 * results are the members of MCP's own JSON objects, complete and under their own names.
 * There is one where the MCP SDK is on the classpath. Nothing happens before
 * subscription, and nothing waits for a user. Where requests may be for different
 * principals, the Reactor context names the principal of the grant and the session.
 */
public interface McpToolClient {

	/**
	 * All tools of a server.
	 * @param server name of the server
	 * @return a mono with the members of each {@code Tool}, of all pages. Fails with
	 * {@link UnknownServerException}, {@link LoginRequiredException},
	 * {@link TransientAuthorizationException}, or another {@link McpOAuthException} for a
	 * server that cannot be reached or answers with an error
	 */
	Mono<List<Map<String, Object>>> listTools(String server);

	/**
	 * As {@link #listTools(String)} with a certain grant, in any Reactor context.
	 * @param key the grant
	 * @return a mono with the members of each {@code Tool}
	 */
	Mono<List<Map<String, Object>>> listTools(GrantKey key);

	/**
	 * Call a tool.
	 * @param server name of the server
	 * @param tool name of the tool
	 * @param arguments its arguments
	 * @return a mono with the members of the {@code CallToolResult}. A tool that failed,
	 * and a server that needs a login, are such a result with {@code isError}; the latter
	 * carries the members of {@link NeedsReauth} as {@code structuredContent}. Fails with
	 * {@link UnknownServerException}, {@link UnknownToolException},
	 * {@link TransientAuthorizationException}, or another {@link McpOAuthException} for a
	 * server that cannot be reached or answers with an error
	 */
	Mono<Map<String, Object>> callTool(String server, String tool, Map<String, Object> arguments);

	/**
	 * As {@link #callTool(String, String, Map)} with a certain grant, in any Reactor
	 * context.
	 * @param key the grant
	 * @param tool name of the tool
	 * @param arguments its arguments
	 * @return a mono with the members of the {@code CallToolResult}
	 */
	Mono<Map<String, Object>> callTool(GrantKey key, String tool, Map<String, Object> arguments);

}
