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

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * The token is good, and a request needs more scopes than it has. A person has to consent
 * to more or, where no person logs in, have the authorization server grant more; the
 * token there is stays in use for everything else.
 */
public class InsufficientScopeException extends LoginRequiredException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason one sentence of cause that names the scopes
	 */
	public InsufficientScopeException(String server, String reason) {
		super(server, reason);
	}

	/**
	 * Create an exception about a grant.
	 * @param key the grant
	 * @param reason one sentence of cause that names the scopes
	 * @param correction what has to be corrected where no login can help, {@code null}
	 * where one can
	 */
	public InsufficientScopeException(GrantKey key, String reason, @Nullable String correction) {
		super(key, reason, correction);
	}

}
