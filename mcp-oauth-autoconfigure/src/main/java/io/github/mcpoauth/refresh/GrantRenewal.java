/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.refresh;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.UntrustedText;
import io.github.mcpoauth.discovery.Discovery;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.protocol.ExchangeException;
import io.github.mcpoauth.protocol.RejectedException;
import io.github.mcpoauth.protocol.TokenEndpoint;
import io.github.mcpoauth.protocol.UnknownOutcomeException;
import io.github.mcpoauth.protocol.UnusableException;
import io.github.mcpoauth.store.ClientRecords;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;
import org.springframework.util.Assert;

/**
 * Spends a refresh token on the next grant: finds the client and the token endpoint,
 * notes in the store what is about to be spent, and exchanges. Decides nothing about what
 * a failure means. To be called under the lock.
 */
final class GrantRenewal {

	private static final Log logger = LogFactory.getLog(GrantRenewal.class);

	private final TokenStore store;

	private final ClientRecords clients;

	private final TokenEndpoint tokenEndpoint;

	private final Discovery discovery;

	GrantRenewal(TokenStore store, TokenEndpoint tokenEndpoint, Discovery discovery) {
		this.store = store;
		this.clients = new ClientRecords(store);
		this.tokenEndpoint = tokenEndpoint;
		this.discovery = discovery;
	}

	/**
	 * Renew a grant.
	 * @param server the server
	 * @param key whose grant it is
	 * @param grant the grant, must have a refresh token
	 * @return a mono with what came of the exchange. Fails with an
	 * {@link ExchangeException} if discovery does, with {@link UnknownClientException},
	 * and with {@link io.github.mcpoauth.TokenStoreException}; nothing was sent to the
	 * token endpoint then
	 */
	Mono<Renewal> renew(McpServer server, GrantKey key, Grant grant) {
		Secret refreshToken = grant.refreshToken();
		Assert.notNull(refreshToken, "'grant' must have a refresh token");
		return Mono.zip(client(server, key, grant), withTokenEndpoint(server, grant))
			.flatMap((ready) -> this.store.noteSpending(key, refreshToken.fingerprint()).flatMap((spentBefore) -> {
				if (spentBefore) {
					logger.debug(LogMessage
						.format("The outcome of an earlier refresh for MCP server '%s' is unknown: trying once", key));
				}
				return exchange(server, ready.getT2(), ready.getT1(), spentBefore);
			}))
			.flatMap((renewal) -> withdrawNote(key, renewal));
	}

	private Mono<Renewal> exchange(McpServer server, Grant grant, OAuthClient client, boolean spentBefore) {
		return this.tokenEndpoint.refresh(server, grant, client)
			.map((renewed) -> new Renewal(renewed, null, grant, client, spentBefore))
			.onErrorResume(ExchangeException.class, (ex) -> {
				if (isAboutResource(server, grant, ex)) {
					logger.debug(LogMessage.format("%s: trying once without resource indicator", ex.getMessage()));
					Grant without = grant.mutate().resourceRefused(true).build();
					return exchange(server, without, client, spentBefore);
				}
				return Mono.just(new Renewal(null, ex, grant, client, spentBefore));
			});
	}

	private static boolean isAboutResource(McpServer server, Grant grant, ExchangeException ex) {
		return ex instanceof RejectedException rejected && rejected.status() == 400 && !rejected.is("invalid_grant")
				&& !rejected.is("invalid_client") && !rejected.is("unauthorized_client") && grant.resource() != null
				&& !grant.resourceRefused() && server.oauth().sendResource();
	}

	private Mono<Renewal> withdrawNote(GrantKey key, Renewal renewal) {
		if (renewal.renewed() != null || renewal.failure() instanceof UnknownOutcomeException) {
			return Mono.just(renewal);
		}
		return this.store.withdrawSpending(key).onErrorComplete().thenReturn(renewal);
	}

	/**
	 * A record that somebody else wrote may name neither the token endpoint nor how the
	 * client authenticates there. Both stand in the metadata, and neither is guessed.
	 */
	private Mono<Grant> withTokenEndpoint(McpServer server, Grant grant) {
		if (grant.tokenEndpoint() != null) {
			return Mono.just(grant);
		}
		return this.discovery.metadata(server, grant).map((metadata) -> {
			if (metadata.tokenEndpoint() == null) {
				throw new UnusableException("The authorization server %s names no token endpoint"
					.formatted(UntrustedText.quote(metadata.issuer())));
			}
			return grant.mutate()
				.issuer((grant.issuer() != null) ? grant.issuer() : metadata.issuer())
				.tokenEndpoint(metadata.tokenEndpoint())
				.build();
		});
	}

	private Mono<OAuthClient> client(McpServer server, GrantKey key, Grant grant) {
		OAuthSettings settings = server.oauth();
		String grantedTo = grant.clientId();
		String configured = settings.clientId();
		if (configured != null && (grantedTo == null || grantedTo.equals(configured))) {
			return Mono
				.just(OAuthClient.configured(configured, settings.clientSecret(), settings.tokenEndpointAuthMethod()));
		}
		return this.clients.find(key, (client) -> fits(client, grant))
			.switchIfEmpty(Mono.defer(() -> implied(grantedTo)))
			.switchIfEmpty(Mono.error(() -> new UnknownClientException((grantedTo != null)
					? "it was issued to client " + UntrustedText.quote(grantedTo)
							+ ", which is neither configured nor registered any more"
					: "it is not known which client it was issued to; set 'mcp.servers.%s.oauth.client-id'"
						.formatted(server.name()))));
	}

	private static boolean fits(OAuthClient client, Grant grant) {
		return (grant.clientId() == null || grant.clientId().equals(client.clientId()))
				&& (grant.issuer() == null || client.issuer() == null || grant.issuer().equals(client.issuer()));
	}

	/**
	 * A client that needs no secret is known by its identifier alone.
	 */
	private static Mono<OAuthClient> implied(@Nullable String clientId) {
		return Mono.justOrEmpty(clientId).map((id) -> OAuthClient.configured(id, null, "none"));
	}

	/**
	 * What came of an exchange.
	 *
	 * @param renewed the next grant, {@code null} on failure
	 * @param failure the failure, {@code null} on success
	 * @param spent the grant that was exchanged, with what was found out on the way
	 * @param client the client that exchanged it
	 * @param spentBefore whether the refresh token had been sent before with unknown
	 * outcome
	 */
	record Renewal(@Nullable Grant renewed, @Nullable ExchangeException failure, Grant spent, OAuthClient client,
			boolean spentBefore) {

	}

	/**
	 * Nobody knows the client that a grant was issued to.
	 */
	static final class UnknownClientException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		UnknownClientException(String message) {
			super(message);
		}

	}

}
