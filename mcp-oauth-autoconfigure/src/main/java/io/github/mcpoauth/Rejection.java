// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The rejected request of an MCP server: its token and the challenges.
 *
 * @param sent the token that was actually sent, {@code null} when the request went out
 * without one
 * @param challenges the values of the {@code WWW-Authenticate} headers, as received
 * @param replayed whether the request had been recovered and sent again already; such a
 * rejection is noted and answered, but spends no further refresh token
 * @param forbidden whether the answer was a 403, which says nothing against the token
 * @param session whether the request belongs to an MCP session and its sender will open
 * another session. If the token was issued just now, the server may have rejected the
 * session, so nothing is held against the token yet
 */
public record Rejection(@Nullable AccessToken sent, List<String> challenges, boolean replayed, boolean forbidden,
		boolean session) {

	public Rejection {
		challenges = List.copyOf(challenges);
	}

	/**
	 * A rejection with 401.
	 * @param sent the token that was sent, or {@code null}
	 * @param challenges the values of the {@code WWW-Authenticate} headers
	 * @param replayed whether the request had been recovered and sent again already
	 */
	public Rejection(@Nullable AccessToken sent, List<String> challenges, boolean replayed) {
		this(sent, challenges, replayed, false, false);
	}

	/**
	 * The first rejection of a request.
	 * @param sent the token that was sent, or {@code null}
	 * @param challenges the values of the {@code WWW-Authenticate} headers
	 * @return the rejection
	 */
	public static Rejection of(@Nullable AccessToken sent, List<String> challenges) {
		return new Rejection(sent, challenges, false);
	}

}
