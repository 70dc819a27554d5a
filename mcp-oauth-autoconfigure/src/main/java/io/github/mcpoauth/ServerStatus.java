// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * State of a server's authorization, as known without network access and without secrets.
 *
 * @param server name of the MCP server
 * @param url address of the MCP endpoint
 * @param state the state
 * @param reason one sentence of cause, {@code null} when authorized
 * @param since when the state was entered, as far as this process saw it, {@code null} if
 * it did not
 * @param nextTry when the next refresh may be tried, {@code null} unless one failed
 * @param action the remedy for a user or operator, for example the command to run,
 * {@code null} if nothing is needed
 * @param issuer issuer of the authorization server, {@code null} if not known
 * @param clientId identifier of the client, {@code null} if not known
 * @param resource resource indicator the grant is bound to, {@code null} if not known
 * @param scopes scopes of the grant, empty if not known
 * @param issuedAt when the access token was issued, {@code null} if not known
 * @param expiresAt when the access token expires, {@code null} if not known
 * @param refreshTokenPresent whether there is a refresh token
 * @param storeLocation where the grant is kept, for an operator to look at
 */
public record ServerStatus(String server, URI url, State state, @Nullable String reason, @Nullable Instant since,
		@Nullable Instant nextTry, @Nullable String action, @Nullable String issuer, @Nullable String clientId,
		@Nullable String resource, Set<String> scopes, @Nullable Instant issuedAt, @Nullable Instant expiresAt,
		boolean refreshTokenPresent, String storeLocation) {

	public ServerStatus {
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
	}

	/**
	 * States of a server's authorization.
	 */
	public enum State {

		/**
		 * There is a token that can be used, or renewed when it is needed.
		 */
		AUTHORIZED,

		/**
		 * The last refresh failed for a reason that may pass.
		 */
		REFRESH_FAILING,

		/**
		 * The newest token could not be stored and lives in this process only.
		 */
		UNPERSISTED,

		/**
		 * The store cannot be read.
		 */
		STORE_ERROR,

		/**
		 * A login is required.
		 */
		LOGIN_REQUIRED

	}

}
