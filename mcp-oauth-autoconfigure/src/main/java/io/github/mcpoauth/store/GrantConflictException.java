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
