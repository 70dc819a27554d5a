// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The access tokens of one grant.
 */
public interface TokenSource {

	/**
	 * The server the tokens are for.
	 * @return the server
	 */
	McpServer server();

	/**
	 * The grant.
	 * @return the key of the grant
	 */
	GrantKey key();

	/**
	 * A token to send now.
	 * @return a mono with the token, empty while a login is needed for the first. Fails
	 * with {@link LoginRequiredException}, {@link TransientAuthorizationException},
	 * {@link TokenStoreException} or {@link PrincipalRequiredException}
	 */
	Mono<AccessToken> token();

	/**
	 * Recover from a 401, or from a 403 that is about the token.
	 * @param rejection the rejection
	 * @return a mono with the answer, which does not fail
	 */
	Mono<Recovery> recover(Rejection rejection);

	/**
	 * Remember that the server accepted a token.
	 * @param token the token that was sent
	 */
	void accepted(AccessToken token);

	/**
	 * Renew the token now, unless it is good for longer than asked. A retry backoff of a
	 * grant in the token store does not prevent it.
	 * @param minTtl how long the token must still be good for to be left alone,
	 * {@code null} to renew it at any age
	 * @return an empty mono; fails as {@link #token()} does
	 */
	Mono<Void> refresh(@Nullable Duration minTtl);

	/**
	 * The status, from memory and the store, without the network.
	 * @return a mono with the status, which does not fail
	 */
	Mono<ServerStatus> status();

}
