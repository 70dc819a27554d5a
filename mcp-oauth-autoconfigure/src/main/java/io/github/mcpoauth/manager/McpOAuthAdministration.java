// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import io.github.mcpoauth.GrantPage;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.store.ListingNotSupportedException;
import io.github.mcpoauth.store.TokenStore;
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
	Mono<GrantPage> list(GrantQuery query);

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
	Mono<PrincipalRemoval> remove(String principal);

}
