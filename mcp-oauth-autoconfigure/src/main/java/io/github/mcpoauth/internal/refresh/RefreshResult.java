// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * The result of a refresh attempt, for the callers that waited for it.
 */
sealed interface RefreshResult {

	/**
	 * The failure for a caller that wants a token.
	 * @param server the server, which knows the remedy
	 * @param key the grant
	 * @return the failure, {@code null} if there is a token
	 */
	@Nullable McpOAuthException failure(McpServer server, GrantKey key);

	/**
	 * The answer to a caller with a rejected token.
	 * @return the recovery
	 */
	Recovery recovery();

	/**
	 * The word for statistics.
	 * @return one of four words
	 */
	String outcome();

	/**
	 * There is a token.
	 *
	 * @param token the token
	 * @param adopted whether another process or a login got it
	 */
	record Succeeded(AccessToken token, boolean adopted) implements RefreshResult {

		@Override
		public @Nullable McpOAuthException failure(McpServer server, GrantKey key) {
			return null;
		}

		@Override
		public Recovery recovery() {
			return this.adopted ? Recovery.adopted(this.token) : Recovery.refreshed(this.token);
		}

		@Override
		public String outcome() {
			return this.adopted ? "adopted" : "refreshed";
		}

	}

	/**
	 * A login is required.
	 *
	 * @param reason one sentence of cause
	 * @param correction the setting to correct, {@code null} where a login helps
	 */
	record LoginRequired(String reason, @Nullable String correction) implements RefreshResult {

		@Override
		public McpOAuthException failure(McpServer server, GrantKey key) {
			return new LoginRequiredException(server, key, this.reason, this.correction);
		}

		@Override
		public Recovery recovery() {
			return Recovery.reauthorize(this.reason, this.correction);
		}

		@Override
		public String outcome() {
			return "login_required";
		}

	}

	/**
	 * The attempt failed for a reason that may pass.
	 *
	 * @param reason one sentence of cause
	 * @param retryAfter when the next try makes sense, {@code null} if not known
	 */
	record Transient(String reason, @Nullable Duration retryAfter) implements RefreshResult {

		@Override
		public McpOAuthException failure(McpServer server, GrantKey key) {
			return new TransientAuthorizationException(key.server(), this.reason, this.retryAfter, null);
		}

		@Override
		public Recovery recovery() {
			return Recovery.transientFailure(this.reason, this.retryAfter);
		}

		@Override
		public String outcome() {
			return "transient";
		}

	}

	/**
	 * The store could not be used.
	 *
	 * @param error the failure of the store
	 */
	record StoreFailed(TokenStoreException error) implements RefreshResult {

		@Override
		public McpOAuthException failure(McpServer server, GrantKey key) {
			return this.error;
		}

		@Override
		public Recovery recovery() {
			return Recovery.transientFailure(String.valueOf(this.error.getMessage()), null);
		}

		@Override
		public String outcome() {
			return "store_error";
		}

	}

}
