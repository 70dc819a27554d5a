// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import io.github.mcpoauth.TokenStoreException;

/**
 * A write or a note lost against another write or a removal: the stored record is not the
 * one that the caller had read. Nothing was written.
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
