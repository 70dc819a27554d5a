// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * No token can be had just now, and nothing is lost: the authorization server or the
 * store was out of reach, too slow, or asked to be left alone for a while.
 */
public class TransientAuthorizationException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	private final @Nullable Duration retryAfter;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason one sentence of cause, without a secret
	 * @param retryAfter how long to wait, {@code null} if not known
	 * @param cause the cause, or {@code null}
	 */
	public TransientAuthorizationException(String server, String reason, @Nullable Duration retryAfter,
			@Nullable Throwable cause) {
		super(server, "MCP server '%s' cannot be given a token just now: %s%s".formatted(server, reason,
				(retryAfter != null) ? ". Try again in %d s".formatted(seconds(retryAfter)) : ""), cause);
		this.retryAfter = retryAfter;
	}

	@Override
	public Kind getKind() {
		return Kind.TRANSIENT;
	}

	@Override
	public @Nullable Duration getRetryAfter() {
		return this.retryAfter;
	}

}
