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

package io.github.mcpoauth.store.remote;

import java.time.Duration;

import io.github.mcpoauth.TokenStoreException;

/**
 * A lock ran out while it was held, because this process was paused or cut off from the
 * store for longer than the lease. Somebody else may hold it now; nothing was sent.
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
				"The lock on the grant of MCP server '%s' ran out while it was held: this process was paused or cut off from the store for more than %d s. Nothing was sent; the next request tries again"
					.formatted(server, lease.toSeconds()),
				null);
	}

}
