// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import io.github.mcpoauth.TokenStoreException;

/**
 * No key opens an encrypted record, or a record is not encrypted where plain ones are
 * refused. The record stays as it is, and nothing replaces it: with the right key it is
 * usable again.
 */
public class EncryptedRecordException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param location the place of the record
	 * @param reason the way in which it is encrypted
	 */
	public EncryptedRecordException(String server, String location, String reason) {
		super(server,
				"The stored secrets of MCP server '%s' in %s cannot be decrypted: they were encrypted %s. Nothing was changed. Configure the key they were encrypted with ('mcp.oauth.store.encryption.keys' or '.key-file'), or delete the record with `mcp remove %s` and log in again"
					.formatted(server, location, reason, server),
				null);
	}

}
