// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;

import io.github.mcpoauth.McpOAuthException;
import org.jspecify.annotations.Nullable;

/**
 * A call to an MCP server failed for a reason that is not about authorization.
 */
public class McpCallException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	private final Reason reason;

	private final @Nullable Integer errorCode;

	private final @Nullable Duration retryAfter;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason the kind of failure
	 * @param message the failure and the remedy
	 * @param errorCode the JSON-RPC error code, {@code null} if the server sent no code
	 * @param retryAfter how long to wait before the next try makes sense, {@code null} if
	 * not known
	 * @param cause the cause, or {@code null}
	 */
	public McpCallException(String server, Reason reason, String message, @Nullable Integer errorCode,
			@Nullable Duration retryAfter, @Nullable Throwable cause) {
		super(server, message, cause);
		this.reason = reason;
		this.errorCode = errorCode;
		this.retryAfter = retryAfter;
	}

	/**
	 * The kind of failure.
	 * @return the reason
	 */
	public Reason getReason() {
		return this.reason;
	}

	/**
	 * The error code of the server's JSON-RPC answer.
	 * @return the code, {@code null} if the server sent no code
	 */
	public @Nullable Integer getErrorCode() {
		return this.errorCode;
	}

	@Override
	public @Nullable Duration getRetryAfter() {
		return this.retryAfter;
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
		 * The server answered with an error, or does not offer the operation.
		 */
		REFUSED,

		/**
		 * The server could not be reached, or has failed so often that calls are paused
		 * for a while. Nothing was done.
		 */
		UNAVAILABLE,

		/**
		 * The request was sent and no answer came back. It may have been done.
		 */
		UNANSWERED,

		/**
		 * The session is closed for good.
		 */
		CLOSED

	}

}
