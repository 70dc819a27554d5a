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
 * Nobody knows whose grant a request needs, so it was not sent. No login helps against
 * that: the code that makes the request has lost, or never had, what the
 * {@link PrincipalResolver} looks for.
 */
public class PrincipalRequiredException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason half a sentence of cause, without a secret
	 * @param cause the cause, {@code null} for none
	 */
	public PrincipalRequiredException(String server, String reason, @Nullable Throwable cause) {
		super(server, """
				A request to MCP server '%s' was not sent, because %s. Make it where the Reactor context says who \
				it is for, or name the grant with the request attribute '%s'. For a request that is the \
				application's own business that is the grant of GrantKey.of("%1$s")""".formatted(server, reason,
				RequestAttributes.GRANT), cause);
	}

}
