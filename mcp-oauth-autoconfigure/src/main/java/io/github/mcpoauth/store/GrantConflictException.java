// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import io.github.mcpoauth.TokenStoreException;

/**
 * A write lost against another one, or against a removal: the record is not any more what
 * the writer had read. Nothing was written.
 */
public class GrantConflictException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 */
	public GrantConflictException(String server) {
		super(server, "The stored grant of MCP server '%s' was changed or removed by another writer in the meantime"
			.formatted(server), null);
	}

}
