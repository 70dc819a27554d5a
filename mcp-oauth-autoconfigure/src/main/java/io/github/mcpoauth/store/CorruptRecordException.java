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
import org.jspecify.annotations.Nullable;

/**
 * A record is there and cannot be read. It is left as it is until a login or another
 * writer replaces it, and then kept aside.
 */
public class CorruptRecordException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param message where the record is, what is wrong with it and what to do, without
	 * any of its content
	 * @param cause the cause, {@code null} for none
	 */
	public CorruptRecordException(String server, String message, @Nullable Throwable cause) {
		super(server, message, cause);
	}

}
