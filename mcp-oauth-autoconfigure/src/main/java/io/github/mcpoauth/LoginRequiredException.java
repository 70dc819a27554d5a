// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * A person is needed before this server can be called again: to log in or, where no
 * person logs in, to correct what the message names. Trying again without that changes
 * nothing.
 */
public class LoginRequiredException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	private final String reason;

	private final @Nullable String principal;

	private final @Nullable String correction;

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
		this.correction = null;
	}

	/**
	 * Create an exception without cause.
	 * @param server name of the MCP server
	 * @param reason one sentence of cause, without a secret
	 */
	public LoginRequiredException(String server, String reason) {
		this(server, reason, (Throwable) null);
	}

	/**
	 * Create an exception about a grant.
	 * @param key the grant
	 * @param reason one sentence of cause, without a secret
	 */
	public LoginRequiredException(GrantKey key, String reason) {
		this(key, reason, null);
	}

	/**
	 * Create an exception about a grant that says what to do about it.
	 * @param key the grant
	 * @param reason one sentence of cause, without a secret
	 * @param correction what has to be corrected where no login can help, {@code null}
	 * where one can
	 */
	public LoginRequiredException(GrantKey key, String reason, @Nullable String correction) {
		super(key.server(), NeedsReauth.of(key, reason, correction).error(), null);
		this.reason = reason;
		this.principal = key.principal();
		this.correction = correction;
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
	 * Whether the configuration has to be corrected, and no login can help.
	 * @return {@code true} if so
	 */
	public boolean isCorrectable() {
		return this.correction != null;
	}

	/**
	 * What to tell a model.
	 * @return the answer that carries {@code needs_reauth}
	 */
	public NeedsReauth needsReauth() {
		return NeedsReauth.of(getKey(), this.reason, this.correction);
	}

}
