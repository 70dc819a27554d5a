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
 * A person has to log in before this server can be called again. Trying again without
 * that changes nothing.
 */
public class LoginRequiredException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	private final String reason;

	private final @Nullable String principal;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason one sentence of cause, without a secret
	 * @param cause the cause, {@code null} for none
	 */
	public LoginRequiredException(String server, String reason, @Nullable Throwable cause) {
		super(server, NeedsReauth.of(server, reason).error(), cause);
		this.reason = reason;
		this.principal = null;
	}

	/**
	 * Create an exception without cause.
	 * @param server name of the MCP server
	 * @param reason one sentence of cause, without a secret
	 */
	public LoginRequiredException(String server, String reason) {
		this(server, reason, null);
	}

	/**
	 * Create an exception about a grant.
	 * @param key the grant
	 * @param reason one sentence of cause, without a secret
	 */
	public LoginRequiredException(GrantKey key, String reason) {
		super(key.server(), NeedsReauth.of(key, reason).error(), null);
		this.reason = reason;
		this.principal = key.principal();
	}

	/**
	 * The grant that is needed.
	 * @return its key
	 */
	public GrantKey getKey() {
		return new GrantKey(getServer(), this.principal);
	}

	/**
	 * Why a login is needed.
	 * @return one sentence
	 */
	public String getReason() {
		return this.reason;
	}

	/**
	 * What to tell a model.
	 * @return the answer that carries {@code needs_reauth}
	 */
	public NeedsReauth needsReauth() {
		return NeedsReauth.of(getKey(), this.reason);
	}

}
