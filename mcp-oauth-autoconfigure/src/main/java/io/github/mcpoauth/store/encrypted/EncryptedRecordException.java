/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.store.encrypted;

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
