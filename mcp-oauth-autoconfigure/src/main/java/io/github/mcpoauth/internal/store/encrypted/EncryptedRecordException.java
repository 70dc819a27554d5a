// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import io.github.mcpoauth.TokenStoreException;

/**
 * A record is encrypted and none of the keys opens it. It is left as it is, and nothing
 * is written in its place either: with the right key it is as good as before.
 */
public class EncryptedRecordException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param location where the record is
	 * @param reason how it is encrypted
	 */
	public EncryptedRecordException(String server, String location, String reason) {
		super(server,
				"The stored secrets of MCP server '%s' in %s cannot be decrypted: it was encrypted %s. Nothing was changed. Give back the key it was encrypted with ('mcp.oauth.store.encryption.keys' or '.key-file'), or delete the record with `mcp remove %s` and log in again"
					.formatted(server, location, reason, server),
				null);
	}

}
