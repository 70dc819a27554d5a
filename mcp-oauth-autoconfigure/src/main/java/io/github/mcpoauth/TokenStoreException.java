// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * The store could not be read, written or locked. Grants in memory stay usable, and
 * stored records stay as they were.
 */
public class TokenStoreException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param message the failure, its place and its remedy
	 * @param cause the cause, or {@code null}
	 */
	public TokenStoreException(String server, String message, @Nullable Throwable cause) {
		super(server, message, cause);
	}

	@Override
	public Kind getKind() {
		return Kind.STORE_ERROR;
	}

}
