// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.time.Duration;

import io.github.mcpoauth.TokenStoreException;

/**
 * The lock on a record was not free in time. Nothing was done without it.
 */
public class LockTimeoutException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param lock the place of the lock, for users to look at
	 * @param waited how long the caller waited
	 */
	public LockTimeoutException(String server, String lock, Duration waited) {
		super(server,
				"The lock %s of MCP server '%s' was held by another process for %d s. Nothing was sent; look for a hanging process that holds it"
					.formatted(lock, server, waited.toSeconds()),
				null);
	}

}
