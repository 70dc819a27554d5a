// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * A login did not end in a grant. An earlier grant is kept.
 */
public class LoginException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	private final Reason reason;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason the kind of failure
	 * @param message the failure and its remedy, without the server's name
	 * @param cause the cause, or {@code null}
	 */
	public LoginException(String server, Reason reason, String message, @Nullable Throwable cause) {
		super(server, "Login to MCP server '%s' failed: %s".formatted(server, message), cause);
		this.reason = reason;
	}

	/**
	 * Create an exception without cause.
	 * @param server name of the MCP server
	 * @param reason the kind of failure
	 * @param message the failure and its remedy, without the server's name
	 */
	public LoginException(String server, Reason reason, String message) {
		this(server, reason, message, null);
	}

	/**
	 * The kind of failure.
	 * @return the reason
	 */
	public Reason getReason() {
		return this.reason;
	}

	@Override
	public Kind getKind() {
		return Kind.valueOf(this.reason.name());
	}

	/**
	 * Kinds of failure.
	 */
	public enum Reason {

		/**
		 * The user, or the policy of the server, denied the login.
		 */
		DENIED,

		/**
		 * Cancelled before it ended.
		 */
		CANCELLED,

		/**
		 * The user did not answer in time.
		 */
		TIMED_OUT,

		/**
		 * The settings do not fit the server or this machine, for example a port in use.
		 */
		CONFIGURATION,

		/**
		 * A response of a server is unusable or untrusted.
		 */
		PROTOCOL,

		/**
		 * A server or the store was out of reach.
		 */
		UNAVAILABLE

	}

}
