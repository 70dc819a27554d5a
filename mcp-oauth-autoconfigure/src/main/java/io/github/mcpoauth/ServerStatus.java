// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The authorization of a server, or of one user with a server. Comes from memory and the
 * store, without the network, and holds no secret.
 *
 * @param server name of the MCP server
 * @param url address of the MCP endpoint
 * @param state the state
 * @param explanation why it is in that state, and the way out
 * @param grant the grant, {@link GrantDetails#NONE} if there is none
 * @param storeLocation where the grant is kept, in words for an operator
 * @param principals how many principals use the server, {@code null} where requests are
 * not made for different principals, and in the status of a principal's grant
 */
public record ServerStatus(String server, URI url, State state, Explanation explanation, GrantDetails grant,
		String storeLocation, @Nullable Principals principals) {

	/**
	 * Create a status without numbers of principals.
	 * @param server name of the MCP server
	 * @param url address of the MCP endpoint
	 * @param state the state
	 * @param explanation why it is in that state
	 * @param grant the grant
	 * @param storeLocation where the grant is kept
	 */
	public ServerStatus(String server, URI url, State state, Explanation explanation, GrantDetails grant,
			String storeLocation) {
		this(server, url, state, explanation, grant, storeLocation, null);
	}

	/**
	 * Copy the status with numbers of principals.
	 * @param principals how many principals use the server
	 * @return the copy
	 */
	public ServerStatus withPrincipals(Principals principals) {
		return new ServerStatus(this.server, this.url, this.state, this.explanation, this.grant, this.storeLocation,
				principals);
	}

	/**
	 * The reason for a state and the way out of it.
	 *
	 * @param reason one sentence of cause, {@code null} when authorized
	 * @param since when the state was entered, as far as this process saw it,
	 * {@code null} if it did not
	 * @param nextTry when the next refresh may be tried, {@code null} unless one failed
	 * @param action an action for a user or an operator, for example the command to run,
	 * {@code null} if there is nothing to do
	 */
	public record Explanation(@Nullable String reason, @Nullable Instant since, @Nullable Instant nextTry,
			@Nullable String action) {

		/**
		 * There is nothing to explain.
		 */
		public static final Explanation NONE = new Explanation(null, null, null, null);

	}

	/**
	 * The facts of a grant that are no secret.
	 *
	 * @param issuer issuer of the authorization server, {@code null} if not known
	 * @param clientId identifier of the client, {@code null} if not known
	 * @param resource resource indicator the grant is bound to, {@code null} if not known
	 * @param scopes scopes of the grant, empty if not known
	 * @param issuedAt when the access token was issued, {@code null} if not known
	 * @param expiresAt when the access token expires, {@code null} if not known
	 * @param refreshTokenPresent whether there is a refresh token
	 */
	public record GrantDetails(@Nullable String issuer, @Nullable String clientId, @Nullable String resource,
			Set<String> scopes, @Nullable Instant issuedAt, @Nullable Instant expiresAt, boolean refreshTokenPresent) {

		/**
		 * There is no grant.
		 */
		public static final GrantDetails NONE = new GrantDetails(null, null, null, Set.of(), null, null, false);

		public GrantDetails {
			scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
		}

	}

	/**
	 * How many principals use a server, without their names.
	 *
	 * @param known how many have a provider in this process now. Grants that are only
	 * stored do not count
	 * @param loginRequired how many of these have to log in
	 */
	public record Principals(int known, int loginRequired) {

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
		 * A user has to log in, or an operator has to correct the configuration.
		 */
		LOGIN_REQUIRED

	}

}
