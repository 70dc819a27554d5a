// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.util.function.Predicate;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.store.TokenStore;
import reactor.core.publisher.Mono;

/**
 * The registered clients behind the grants of a server. The one that the next login uses
 * belongs to the server, under the key of the application's own grant, so that one
 * registration serves all principals. A principal's grant has a copy of the client that
 * it was issued to next to it: it stays good when the server's client is replaced or
 * removed.
 *
 * @param store where they are kept
 */
public record ClientRecords(TokenStore store) {

	/**
	 * Find the client that a grant was issued to.
	 * @param key the grant
	 * @param fits whether a client can be it
	 * @return a mono with the client, empty if no client fits
	 */
	public Mono<OAuthClient> find(GrantKey key, Predicate<OAuthClient> fits) {
		Mono<OAuthClient> own = this.store.loadClient(key).filter(fits);
		return (key.principal() == null) ? own
				: own.switchIfEmpty(Mono.defer(() -> this.store.loadClient(key.ofApplication())).filter(fits));
	}

	/**
	 * Remove a client that is of no more use from a grant and, if it is still that one,
	 * from the server.
	 * @param key the grant
	 * @param client the client
	 * @return an empty mono
	 */
	public Mono<Void> delete(GrantKey key, OAuthClient client) {
		Mono<Void> own = this.store.deleteClient(key);
		return (key.principal() == null) ? own
				: own.then(Mono.defer(() -> this.store.loadClient(key.ofApplication())))
					.filter((known) -> known.clientId().equals(client.clientId()))
					.flatMap((known) -> this.store.deleteClient(key.ofApplication()));
	}

}
