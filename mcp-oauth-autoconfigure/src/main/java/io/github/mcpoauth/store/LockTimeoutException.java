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

import java.time.Duration;

import io.github.mcpoauth.TokenStoreException;

/**
 * The lock on a record could not be had in time. Nothing was done without it.
 */
public class LockTimeoutException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param lock where the lock is, for a person to look at
	 * @param waited how long it was waited for
	 */
	public LockTimeoutException(String server, String lock, Duration waited) {
		super(server,
				"The lock %s of MCP server '%s' was held by somebody else for %d s. Nothing was sent; look for a hanging process that holds it"
					.formatted(lock, server, waited.toSeconds()),
				null);
	}

}
