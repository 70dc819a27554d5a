// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.List;

import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.store.ListingNotSupportedException;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The stored grants of all principals, for operators. It works on the store, so that it
 * also knows principals that this process has never served, and servers that are no
 * longer configured.
 */
public interface McpOAuthAdministration {

	/**
	 * List the principals that have records, as {@link TokenStore#list} does.
	 * @param query selects records and the page
	 * @return a mono with the page, never empty. Fails with {@link TokenStoreException},
	 * for example {@link ListingNotSupportedException}, and with
	 * {@link IllegalArgumentException} for a wrong {@link GrantQuery#after()}
	 */
	Mono<GrantQuery.Page> list(GrantQuery query);

	/**
	 * Remove all that is stored for a principal, at all servers. Pending logins of this
	 * process are cancelled, the grants are revoked at their authorization servers, and
	 * the records are removed even where a revocation fails. The issuer bindings of
	 * servers and the application's own records stay.
	 * <p>
	 * The removal may be repeated. One that is cancelled has removed the records of some
	 * servers. For each server it takes as long as a logout at most: the timeout of the
	 * lock and twice that of a revocation.
	 * @param principal name of the principal
	 * @return a mono with the outcome for each server, never empty. Fails with
	 * {@link IllegalArgumentException} for a name that cannot be a principal's
	 */
	Mono<Removal> remove(String principal);

	/**
	 * The outcome of {@link #remove}.
	 *
	 * @param servers the servers that had records of the principal
	 * @param incomplete why records of other servers may be left, {@code null} if all
	 * were found. The configured servers were looked at in any case
	 */
	record Removal(List<ServerRemoval> servers, @Nullable String incomplete) {

		public Removal {
			servers = List.copyOf(servers);
		}

		/**
		 * Whether no record is left.
		 * @return {@code false} if a removal failed or records may not have been found
		 */
		public boolean isComplete() {
			return this.incomplete == null
					&& this.servers.stream().noneMatch((removal) -> removal.outcome() == RemovalOutcome.FAILED);
		}

		/**
		 * The outcome at one server.
		 *
		 * @param server name of the server
		 * @param outcome the outcome
		 * @param reason why the grant may not be revoked, or why the records are still
		 * there; {@code null} for the other outcomes
		 */
		public record ServerRemoval(String server, RemovalOutcome outcome, @Nullable String reason) {

		}

		/**
		 * Outcomes at a server.
		 */
		public enum RemovalOutcome {

			/**
			 * The records are removed, and the authorization server confirmed that the
			 * tokens are revoked.
			 */
			REVOKED,

			/**
			 * The records are removed. The authorization server did not confirm a
			 * revocation, so tokens may work there until they expire.
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

}
