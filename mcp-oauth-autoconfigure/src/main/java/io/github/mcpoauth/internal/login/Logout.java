// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.util.Optional;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.TokenRevocationEndpoint;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Removes a grant from the store, and then revokes it at the authorization server.
 * <p>
 * The removal does not depend on the authorization server. It waits for a refresh attempt
 * of any process, so that the newest token is revoked, but no longer than the lock
 * timeout: the late write of a holder that hangs fails, because the record is gone.
 */
final class Logout {

	private static final Log logger = LogFactory.getLog(Logout.class);

	private final Discovery discovery;

	private final LoginClients clients;

	private final TokenRevocationEndpoint revocations;

	private final StoredLogins stored;

	private final TokenStore store;

	private final LoginSettings settings;

	private final WorkThreads threads;

	Logout(LoginEndpoints endpoints, LoginClients clients, StoredLogins stored, TokenStore store,
			LoginSettings settings) {
		this.discovery = endpoints.discovery();
		this.revocations = endpoints.revocation();
		this.threads = endpoints.threads();
		this.clients = clients;
		this.stored = stored;
		this.store = store;
		this.settings = settings;
	}

	/**
	 * Log out.
	 * @param server the MCP server
	 * @param key the grant
	 * @param all whether to remove the client and all other records as well
	 * @return a mono with whether the authorization server confirmed that all tokens are
	 * revoked. Fails with {@link io.github.mcpoauth.TokenStoreException}
	 */
	Mono<Boolean> run(McpServer server, GrantKey key, boolean all) {
		return this.stored.grant(key)
			.flatMap((grant) -> revocation(server, key, grant))
			.singleOptional()
			.flatMap((revocation) -> remove(key, all).singleOptional()
				.flatMap((removed) -> revoke(server, removed, revocation)));
	}

	/**
	 * Collect the data that revoking needs before they are removed.
	 */
	private Mono<Revocation> revocation(McpServer server, GrantKey key, Grant grant) {
		Mono<Revocation> revocation = this.clients.clientOf(server, key, grant)
			.zipWith(this.discovery.metadata(server, grant), Revocation::new)
			.filter((how) -> how.metadata().revocationEndpoint() != null);
		return this.threads.within(revocation, this.settings.revocationTimeout()).onErrorResume((ex) -> {
			logger.debug(LogMessage.format("The grant of MCP server '%s' cannot be revoked", key), ex);
			return Mono.empty();
		});
	}

	/**
	 * Remove the grant from the store.
	 * @return a mono with the grant that was removed, empty if no grant was stored
	 */
	private Mono<Grant> remove(GrantKey key, boolean all) {
		Mono<Grant> removal = this.stored.grant(key)
			.singleOptional()
			.flatMap((grant) -> (all ? this.store.purge(key) : this.store.delete(key)).thenReturn(grant))
			.flatMap(Mono::justOrEmpty);
		return this.store.locked(key, this.settings.lockTimeout(), removal)
			.onErrorResume(LockTimeoutException.class, (ex) -> removal);
	}

	private Mono<Boolean> revoke(McpServer server, Optional<Grant> grant, Optional<Revocation> revocation) {
		if (grant.isEmpty()) {
			logger.info(LogMessage.format("Logged out of MCP server '%s'. No grant was stored", server.name()));
			return Mono.just(false);
		}
		return Mono.justOrEmpty(revocation)
			.flatMap((how) -> revoke(server, grant.get(), how))
			.defaultIfEmpty(false)
			.doOnNext((confirmed) -> logger.info(LogMessage.format("Logged out of MCP server '%s'%s", server.name(),
					confirmed ? "" : ". The authorization server did not confirm that the grant is revoked")));
	}

	/**
	 * The refresh token first, because it is the one that lasts. An access token that
	 * cannot be revoked on its own goes with it (RFC 7009, section 2.1).
	 */
	private Mono<Boolean> revoke(McpServer server, Grant grant, Revocation how) {
		Mono<Boolean> refreshToken = (grant.refreshToken() == null) ? Mono.just(false)
				: confirm(server, this.revocations.revokeRefreshToken(server, how.metadata(), grant, how.client()));
		Mono<Boolean> revoked = refreshToken.flatMap((confirmed) -> {
			Mono<Void> accessToken = this.revocations.revokeAccessToken(server, how.metadata(), grant, how.client());
			boolean gone = confirmed;
			return confirm(server,
					accessToken.onErrorResume((ex) -> gone && ex instanceof RefusedException refused
							&& refused.is("unsupported_token_type"), (ex) -> Mono.empty()))
				.map((accessConfirmed) -> accessConfirmed && (gone || grant.refreshToken() == null));
		});
		return this.threads.within(revoked, this.settings.revocationTimeout())
			.onErrorReturn(TimeoutException.class, false);
	}

	private static Mono<Boolean> confirm(McpServer server, Mono<Void> revocation) {
		return revocation.thenReturn(true).onErrorResume((ex) -> {
			logger.debug(LogMessage.format("A token of MCP server '%s' was not revoked", server.name()), ex);
			return Mono.just(false);
		});
	}

	/**
	 * The data that revoking needs.
	 *
	 * @param client the client that the grant was issued to
	 * @param metadata where to revoke
	 */
	private record Revocation(OAuthClient client, AuthorizationServerMetadata metadata) {

	}

}
