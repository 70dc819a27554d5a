// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * An MCP server could not be given a token. Messages name the server, the failure, its
 * source and its remedy, and never hold a secret.
 */
public class McpOAuthException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String server;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param message the failure and its remedy
	 * @param cause the cause, or {@code null}
	 */
	public McpOAuthException(String server, String message, @Nullable Throwable cause) {
		super(message, cause);
		this.server = server;
	}

	/**
	 * Create an exception without cause.
	 * @param server name of the MCP server
	 * @param message the failure and its remedy
	 */
	public McpOAuthException(String server, String message) {
		this(server, message, null);
	}

	/**
	 * The server this is about.
	 * @return its name
	 */
	public String getServer() {
		return this.server;
	}

}
