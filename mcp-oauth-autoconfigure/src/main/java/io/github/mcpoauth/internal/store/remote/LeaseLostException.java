// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.time.Duration;

import io.github.mcpoauth.TokenStoreException;

/**
 * A lock ran out while it was held, because this process was paused or cut off from the
 * store for longer than the lease. Another process may hold it now; nothing was sent.
 */
public class LeaseLostException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param lease how long the lease was for
	 */
	public LeaseLostException(String server, Duration lease) {
		super(server,
				"The lock on the grant of MCP server '%s' ran out while it was held: this process was paused or cut off from the store for more than %d s. Nothing was sent; a request after a short pause tries again"
					.formatted(server, lease.toSeconds()),
				null);
	}

}
