// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of {@link McpOAuthAdministration#remove}.
 *
 * @param servers the servers that had records of the principal
 * @param incomplete why records of other servers may be left, {@code null} if all were
 * found. The configured servers were looked at in any case
 */
public record PrincipalRemoval(List<ServerRemoval> servers, @Nullable String incomplete) {

	public PrincipalRemoval {
		servers = List.copyOf(servers);
	}

	/**
	 * Whether no record is left.
	 * @return {@code false} if a removal failed or records may not have been found
	 */
	public boolean isComplete() {
		return this.incomplete == null
				&& this.servers.stream().noneMatch((removal) -> removal.outcome() == Outcome.FAILED);
	}

	/**
	 * The outcome at one server.
	 *
	 * @param server name of the server
	 * @param outcome the outcome
	 * @param reason why the grant may not be revoked, or why the records are still there;
	 * {@code null} for the other outcomes
	 */
	public record ServerRemoval(String server, Outcome outcome, @Nullable String reason) {

	}

	/**
	 * Outcomes at a server.
	 */
	public enum Outcome {

		/**
		 * The records are removed, and the authorization server confirmed that the tokens
		 * are revoked.
		 */
		REVOKED,

		/**
		 * The records are removed. The authorization server did not confirm a revocation,
		 * so tokens may work there until they expire.
		 */
		NOT_REVOKED,

		/**
		 * The records are removed. There was no grant among them.
		 */
		NO_GRANT,

		/**
		 * The records could not be removed.
		 */
		FAILED

	}

}
