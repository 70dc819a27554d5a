// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.registration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The tokens that the application's own logins gave it. It names no type of Spring
 * Security, which is optional.
 */
public interface AuthorizedClients {

	/**
	 * Find the client of a grant. Reads the user from the Reactor context of the
	 * subscriber.
	 * @param server a server with a registration
	 * @param key a grant of that server
	 * @param shown the client that a request of the grant's user has shown before,
	 * {@code null} if absent. It is used where the context has no user, and refused to
	 * another user
	 * @return a mono with the client of the user, empty for the application's own grant
	 * where the registration needs a user. Fails with
	 * {@link io.github.mcpoauth.principal.PrincipalRequiredException} if the context does
	 * not have the user that the grant belongs to
	 */
	Mono<AuthorizedClient> clientFor(McpServer server, GrantKey key, @Nullable AuthorizedClient shown);

	/**
	 * The client of one user. It needs no Reactor context, so that its work may outlive
	 * the caller.
	 */
	interface AuthorizedClient {

		/**
		 * Ask for a token. The user's token is renewed if it has expired.
		 * @param rejected the token that must be replaced, {@code null} if there is no
		 * such token
		 * @return a mono with a token, which is the rejected one if there is no other.
		 * Fails with {@link io.github.mcpoauth.LoginRequiredException} or
		 * {@link io.github.mcpoauth.TransientAuthorizationException}
		 */
		Mono<ClientToken> token(@Nullable ClientToken rejected);

		/**
		 * Read the stored token, without the network.
		 * @return a mono with the token, empty if there is no token or it cannot be read
		 */
		Mono<ClientToken> stored();

	}

}
