// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * This server cannot be called until a user logs in or, for a grant without a user, until
 * an operator corrects the setting that the message names. Trying again without that
 * changes nothing.
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
	 * @param cause the cause, or {@code null}
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
	 * Create an exception about a grant and its remedy.
	 * @param key the grant
	 * @param reason one sentence of cause, without a secret
	 * @param correction the setting to correct if no login can help, {@code null} if a
	 * login can
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
	 * The answer for a model.
	 * @return the answer that carries {@code needs_reauth}
	 */
	public NeedsReauth needsReauth() {
		return NeedsReauth.of(getKey(), this.reason, this.correction);
	}

}
