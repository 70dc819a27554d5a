// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RejectedException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.log.LogMessage;

/**
 * How every login begins and ends, whatever a person does in between.
 */
final class LoginSteps {

	private static final Log logger = LogFactory.getLog(LoginSteps.class);

	private final ServerProbe probe;

	private final Discovery discovery;

	private final LoginClients clients;

	private final StoredLogins stored;

	private final Function<GrantKey, Mono<ServerStatus>> status;

	LoginSteps(ServerProbe probe, Discovery discovery, LoginClients clients, StoredLogins stored,
			Function<GrantKey, Mono<ServerStatus>> status) {
		this.probe = probe;
		this.discovery = discovery;
		this.clients = clients;
		this.stored = stored;
		this.status = status;
	}

	/**
	 * Make sure that a grant could be stored, and find out who issues it.
	 * @param id id of the flow
	 * @param server the MCP server
	 * @param key the grant to log in for
	 * @param challenges what its last 401 said, empty to ask for one
	 * @return a mono with how the server wants to be authorized for, never empty
	 */
	Mono<Discovered> discover(String id, McpServer server, GrantKey key, List<String> challenges) {
		return Mono.defer(() -> {
			logger.debug(LogMessage.format("[%s] A login to MCP server '%s' begins", id, key));
			return this.stored.requireLock(key);
		})
			.then(Mono.defer(() -> challenges.isEmpty() ? this.probe.challenges(server) : Mono.just(challenges)))
			.flatMap((said) -> this.discovery.discover(server, key, said))
			.doOnNext((discovered) -> logger
				.debug(LogMessage.format("[%s] The authorization server is %s, resource %s, scopes %s", id,
						UntrustedText.quote(discovered.authorizationServer().issuer()),
						UntrustedText.quote(discovered.resourceIndicator()),
						UntrustedText.quote(String.join(" ", discovered.scopes())))));
	}

	/**
	 * A key to bind the tokens to, of this login's own, whatever the last one used.
	 * @param discovered how the server wants to be authorized for
	 * @param clock says when proofs are made
	 * @return a mono with the key, which is absent if tokens are not to be bound
	 */
	static Mono<Optional<DPoPKey>> dpopKey(Discovered discovered, Clock clock) {
		String algorithm = discovered.dpopAlgorithm();
		if (algorithm == null) {
			return Mono.just(Optional.empty());
		}
		return Mono.fromCallable(() -> Optional.of(DPoPKey.generate(algorithm, clock)))
			.subscribeOn(Schedulers.boundedElastic());
	}

	/**
	 * Store what the authorization server has issued.
	 * @param id id of the flow
	 * @param key the grant's key
	 * @param grant the grant
	 * @param client the client it was issued to
	 * @param begin asked right before storing, whether that is still wanted
	 * @return a mono with the stored grant, empty if it is not wanted any more
	 */
	Mono<Grant> store(String id, GrantKey key, Grant grant, OAuthClient client, BooleanSupplier begin) {
		return this.stored.replace(key, grant, client, begin).doOnNext((kept) -> {
			this.clients.stored(key);
			logger.info(LogMessage.format("[%s] Logged in to MCP server '%s' at %s as client %s, scopes %s, %s%s%s", id,
					key, UntrustedText.quote(kept.issuer()), UntrustedText.quote(kept.clientId()),
					UntrustedText.quote(String.join(" ", kept.scope())), expiry(kept),
					(kept.refreshToken() != null) ? "" : ", without a refresh token",
					kept.isBound() ? ", bound to a key (DPoP)" : ""));
		});
	}

	private static String expiry(Grant grant) {
		return (grant.expiresAt() != null) ? "expires at " + grant.expiresAt() : "no expiry known";
	}

	/**
	 * Take note of what the authorization server said no to.
	 * @param <T> any type
	 * @param server the MCP server
	 * @param client the client that had asked
	 * @param failure what the server said
	 * @return a mono that fails with it
	 */
	<T> Mono<T> refused(McpServer server, OAuthClient client, ExchangeException failure) {
		boolean clientRejected = failure instanceof RejectedException rejected
				&& (rejected.is("invalid_client") || rejected.is("unauthorized_client"));
		return clientRejected ? this.clients.rejected(server, client).then(Mono.error(failure)) : Mono.error(failure);
	}

	/**
	 * What there is to know of a grant now.
	 * @param key the grant's key
	 * @return a mono with its status
	 */
	Mono<ServerStatus> status(GrantKey key) {
		return Mono.defer(() -> this.status.apply(key));
	}

}
