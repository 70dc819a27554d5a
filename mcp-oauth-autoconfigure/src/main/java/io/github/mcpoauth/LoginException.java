// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import org.jspecify.annotations.Nullable;

/**
 * A login did not end in a grant. Whatever grant there was before is still there.
 */
public class LoginException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	private final Reason reason;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason the kind of failure
	 * @param message what happened and what to do, without the server's name
	 * @param cause the cause, {@code null} for none
	 */
	public LoginException(String server, Reason reason, String message, @Nullable Throwable cause) {
		super(server, "Login to MCP server '%s' failed: %s".formatted(server, message), cause);
		this.reason = reason;
	}

	/**
	 * Create an exception without cause.
	 * @param server name of the MCP server
	 * @param reason the kind of failure
	 * @param message what happened and what to do, without the server's name
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

	/**
	 * Kinds of failure.
	 */
	public enum Reason {

		/**
		 * The person, or the policy of the server, said no.
		 */
		DENIED,

		/**
		 * Cancelled before it ended.
		 */
		CANCELLED,

		/**
		 * Nobody answered in time.
		 */
		TIMED_OUT,

		/**
		 * The settings do not fit the server or this machine, for example a port in use.
		 */
		CONFIGURATION,

		/**
		 * What the servers say cannot be used or must not be trusted.
		 */
		PROTOCOL,

		/**
		 * A server or the store was out of reach.
		 */
		UNAVAILABLE

	}

}
