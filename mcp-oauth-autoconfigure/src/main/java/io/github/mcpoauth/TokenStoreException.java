// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * The store could not be read, written or locked. What is in memory stays usable and what
 * is stored stays as it was.
 */
public class TokenStoreException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param message what happened, where, and what to do
	 * @param cause the cause, {@code null} for none
	 */
	public TokenStoreException(String server, String message, @Nullable Throwable cause) {
		super(server, message, cause);
	}

}
