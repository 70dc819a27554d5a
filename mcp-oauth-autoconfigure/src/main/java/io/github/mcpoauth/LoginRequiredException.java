// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

import org.springframework.http.ProblemDetail;

/**
 * This server cannot be called until a user logs in or, for a grant without a user, until
 * an operator corrects the setting that the message names. Trying again without that
 * changes nothing.
 */
public class LoginRequiredException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	private final String reason;

	private final @Nullable String principal;

	private final String action;

	private final boolean correctable;

	/**
	 * Create an exception about the application's own grant.
	 * @param server name of the MCP server
	 * @param reason one sentence of cause, without a secret
	 * @param cause the cause, or {@code null}
	 */
	public LoginRequiredException(String server, String reason, @Nullable Throwable cause) {
		this(GrantKey.of(server), reason, GrantKey.of(server).loginCommand(), false, cause);
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
		this(key, reason, key.loginCommand(), false, null);
	}

	/**
	 * Create an exception about a grant and its remedy.
	 * @param server the server, which knows the remedy
	 * @param key the grant
	 * @param reason one sentence of cause, without a secret
	 */
	public LoginRequiredException(McpServer server, GrantKey key, String reason) {
		this(server, key, reason, null);
	}

	/**
	 * Create an exception about a grant and the setting that prevents it.
	 * @param server the server, which knows the remedy
	 * @param key the grant
	 * @param reason one sentence of cause, without a secret
	 * @param correction one sentence with the setting to correct, {@code null} where the
	 * server knows the remedy
	 */
	public LoginRequiredException(McpServer server, GrantKey key, String reason, @Nullable String correction) {
		this(key, reason, (correction != null) ? correction : server.action(key),
				correction != null || server.correction() != null, null);
	}

	private LoginRequiredException(GrantKey key, String reason, String action, boolean correctable,
			@Nullable Throwable cause) {
		super(key.server(), message(key, reason, action, correctable), cause);
		this.reason = reason;
		this.principal = key.principal();
		this.action = action;
		this.correctable = correctable;
	}

	private static String message(GrantKey key, String reason, String action, boolean correctable) {
		String sentence = reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason;
		if (correctable) {
			return "MCP server '%s' cannot be authorized: %s. No login can help. %s".formatted(key.server(), sentence,
					action);
		}
		return "MCP server '%s' requires re-authentication: %s. %s".formatted(key.server(), sentence,
				action.equals(key.loginCommand()) ? "Run `" + action + "`" : action);
	}

	@Override
	public Kind getKind() {
		return this.correctable ? Kind.MISCONFIGURED : Kind.LOGIN_REQUIRED;
	}

	/**
	 * As in every exception, and the {@code action}.
	 * @return a new problem detail
	 */
	@Override
	public ProblemDetail getBody() {
		ProblemDetail body = super.getBody();
		body.setProperty("action", this.action);
		return body;
	}

	/**
	 * The remedy.
	 * @return the page to open, the command to run or the setting to correct
	 */
	public String getAction() {
		return this.action;
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
	 * The setting to correct, where no login can help.
	 * @return one sentence that names it, {@code null} where a login helps
	 */
	public @Nullable String getCorrection() {
		return this.correctable ? this.action : null;
	}

	/**
	 * The answer for a model.
	 * @return the answer that carries {@code needs_reauth}
	 */
	public NeedsReauth needsReauth() {
		return NeedsReauth.of(this);
	}

}
