// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Duration;
import java.util.Collection;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.PrincipalRequiredException;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Keeps the grants of this process: one cached provider for each grant, which knows its
 * token, sees what others do to it, renews it once for everybody and says when a person
 * is needed. Grants of different {@linkplain GrantKey#principal() principals} have
 * nothing in common. Safe for any number of threads; nothing blocks, nothing happens
 * before subscription.
 * <p>
 * Methods that take a name or key fail with {@link UnknownServerException} for one that
 * is not configured, unless they say otherwise.
 */
public interface McpOAuthManager {

	/**
	 * The servers there are now.
	 * @return a snapshot, in the order they were added
	 */
	Collection<McpServer> servers();

	/**
	 * The server that a request belongs to: its origin is the server's, and its path lies
	 * at or below the server's, compared segment by segment after normalisation.
	 * @param url address of a request
	 * @return the server, {@code null} if it is none of ours
	 */
	@Nullable McpServer serverFor(URI url);

	/**
	 * Whether requests may be for different principals. If not, each is for the
	 * application's own grant, whatever its Reactor context says.
	 * @return {@code false} unless there is a {@link PrincipalResolver} that looks
	 */
	default boolean hasPrincipals() {
		return false;
	}

	/**
	 * Whose grant a request needs that is made in the present Reactor context.
	 * @param server the server it goes to
	 * @return a mono with the key, never empty. Fails with
	 * {@link PrincipalRequiredException} where nobody knows
	 */
	default Mono<GrantKey> keyFor(McpServer server) {
		return Mono.just(server.key());
	}

	/**
	 * How many principals this process has to do with at a server, from memory.
	 * @param server name of the server
	 * @return the numbers, zero for a server that is not known
	 */
	default PrincipalCounts principals(String server) {
		return PrincipalCounts.NONE;
	}

	/**
	 * Add a server at run time, or replace the one of that name. An equal server keeps
	 * its providers; a changed one gets new ones and keeps the stored grants as long as
	 * they are bound to the new address too.
	 * @param server the server
	 * @throws IllegalArgumentException if another server claims that address, or its name
	 * is stored under the same name as another's
	 */
	void add(McpServer server);

	/**
	 * Take a server out of this process and leave its stored grants alone.
	 * @param server name of the server
	 * @return whether there was one
	 */
	boolean evict(String server);

	/**
	 * A token to send now. Checks whether the stored grant was changed by somebody else,
	 * and renews what has expired; a token that is about to expire is answered at once
	 * and renewed in the background.
	 * @param key the grant
	 * @return a mono with the token, empty while nobody has logged in yet. It fails with
	 * {@link LoginRequiredException}, {@link TransientAuthorizationException} or
	 * {@link TokenStoreException}
	 */
	Mono<AccessToken> token(GrantKey key);

	/**
	 * Recover from a 401. All callers with the same rejected token share one recovery,
	 * which runs to its end even if they all go away. A 403 for want of scopes is
	 * answered with what is missing, unless it had been asked for already.
	 * @param key the grant; an unknown server is answered, not failed
	 * @param rejection what the server said no to
	 * @return a mono with the answer, which does not fail
	 */
	Mono<Recovery> recover(GrantKey key, Rejection rejection);

	/**
	 * Say that the server took a token, which clears what was held against it. Cheap, and
	 * meant to be called for every answer that is not a 401.
	 * @param key the grant
	 * @param token the token that was sent
	 */
	void accepted(GrantKey key, AccessToken token);

	/**
	 * Renew the token now, unless it is good for longer than asked.
	 * @param key the grant
	 * @param minTtl how long the token must still be good for to be left alone,
	 * {@code null} to renew it whatever its age
	 * @return a mono with the status afterwards; fails as {@link #token(GrantKey)} does,
	 * and with {@link LoginRequiredException} where nobody has logged in
	 */
	Mono<ServerStatus> refresh(GrantKey key, @Nullable Duration minTtl);

	/**
	 * Start a login, or join the one in flight.
	 * @param key the grant
	 * @param request how to run it; ignored when joining
	 * @return a mono with the login, once its authorization URL is known. Fails with
	 * {@link LoginException}
	 */
	Mono<Login> login(GrantKey key, LoginRequest request);

	/**
	 * The login in flight.
	 * @param key the grant
	 * @return the login, {@code null} if there is none
	 */
	@Nullable Login currentLogin(GrantKey key);

	/**
	 * Revoke the grant at the authorization server (RFC 7009, the refresh token first,
	 * best effort) and forget it here. The registered client is kept.
	 * @param key the grant
	 * @return a mono with whether the authorization server confirmed the revocation; the
	 * local removal has succeeded in either case. Fails with {@link TokenStoreException}
	 */
	Mono<Boolean> logout(GrantKey key);

	/**
	 * Log out and delete all that is stored under a key. With the application's own that
	 * is the registered client and the metadata of the server, too, and the server is
	 * taken out of this process; grants of principals stay stored.
	 * @param key the grant
	 * @return as {@link #logout(GrantKey)}
	 */
	Mono<Boolean> remove(GrantKey key);

	/**
	 * What is known, from memory and the store, without the network.
	 * @param key the grant
	 * @return a mono with the status, which does not fail for a known server
	 */
	Mono<ServerStatus> status(GrantKey key);

	/**
	 * A filter for a WebClient built by hand. It acts on that server's addresses only,
	 * with the grant that {@link #keyFor} or {@link RequestAttributes#GRANT} names.
	 * @param server name of the server
	 * @return the filter
	 */
	ExchangeFilterFunction filter(String server);

	/**
	 * As {@link #token(GrantKey)} for the application's own grant.
	 * @param server name of the server
	 * @return a mono with the token
	 */
	default Mono<AccessToken> token(String server) {
		return token(GrantKey.of(server));
	}

	/**
	 * As {@link #login(GrantKey, LoginRequest)} for the application's own grant, with a
	 * browser where there is one.
	 * @param server name of the server
	 * @return a mono with the login
	 */
	default Mono<Login> login(String server) {
		return login(GrantKey.of(server), LoginRequest.interactive());
	}

	/**
	 * As {@link #status(GrantKey)} for the application's own grant.
	 * @param server name of the server
	 * @return a mono with the status
	 */
	default Mono<ServerStatus> status(String server) {
		return status(GrantKey.of(server));
	}

}
