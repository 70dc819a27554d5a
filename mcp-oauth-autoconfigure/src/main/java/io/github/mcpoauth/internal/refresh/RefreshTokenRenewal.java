// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.protocol.UnknownOutcomeException;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.store.SpendingResult;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * Exchanges a refresh token for the next grant (RFC 6749, section 6): finds the client
 * and the token endpoint, notes in the store that the refresh token is about to be spent,
 * and sends it.
 */
final class RefreshTokenRenewal implements GrantRenewal {

	/**
	 * How much longer than an exchange a note of another process is waited for.
	 */
	private static final Duration A_LITTLE = Duration.ofSeconds(5);

	private static final Log logger = LogFactory.getLog(RefreshTokenRenewal.class);

	private final McpServer server;

	private final StoreCalls calls;

	private final TokenEndpoint tokenEndpoint;

	private final Discovery discovery;

	RefreshTokenRenewal(McpServer server, GrantKey key, RefreshContext context, TokenEndpoint tokenEndpoint,
			Discovery discovery) {
		this.server = server;
		this.calls = new StoreCalls(key, context);
		this.tokenEndpoint = tokenEndpoint;
		this.discovery = discovery;
	}

	@Override
	public boolean startsAnew() {
		return false;
	}

	@Override
	public @Nullable String objection(@Nullable Grant grant) {
		if (grant == null) {
			return "no user has logged in yet";
		}
		return (grant.refreshToken() == null) ? "no refresh token was issued" : null;
	}

	@Override
	public @Nullable Secret replacedToken(@Nullable Grant grant) {
		return (grant != null) ? grant.refreshToken() : null;
	}

	@Override
	public Object stamp() {
		return "none";
	}

	@Override
	public @Nullable Duration refusalTerm() {
		return null;
	}

	@Override
	public Mono<Exchange> renew(@Nullable Grant grant, RefreshAttempt attempt) {
		Assert.notNull(grant, "'grant' must not be null");
		Assert.notNull(grant.refreshToken(), "'grant' must have a refresh token");
		return Mono.zip(client(grant), withTokenEndpoint(grant))
			.doOnNext((ready) -> attempt.debug(() -> "The client %s and the token endpoint %s are known"
				.formatted(UntrustedText.quote(ready.getT1().clientId()), endpoint(ready.getT2()))))
			.delayUntil((ready) -> requireBinding(ready.getT2()))
			.doOnNext((ready) -> attempt
				.debug(() -> "The issuer %s may be used".formatted(UntrustedText.quote(ready.getT2().issuer()))))
			.onErrorMap(UnusableException.class, UnattendedRenewal::otherIssuer)
			.flatMap((ready) -> noteSpending(grant, attempt)
				.flatMap((spentBefore) -> exchange(ready.getT2(), ready.getT1(), spentBefore, attempt)
					.flatMap((exchange) -> isAboutEndpoint(exchange) ? atNewEndpoint(grant, exchange, attempt)
							: Mono.just(exchange))))
			.flatMap(this::withdrawNote);
	}

	private static String endpoint(Grant grant) {
		return UntrustedText.quote(String.valueOf(grant.tokenEndpoint()));
	}

	private Mono<Boolean> noteSpending(Grant grant, RefreshAttempt attempt) {
		Duration young = this.calls.canLoseLock() ? this.tokenEndpoint.timeout().plus(A_LITTLE) : Duration.ZERO;
		return this.calls.noteSpending(grant, young).map((result) -> {
			if (result instanceof SpendingResult.Pending pending) {
				throw new SpentElsewhereException(young.minus(pending.age()));
			}
			boolean spentBefore = ((SpendingResult.Noted) result).spentBefore();
			attempt.debug(
					() -> spentBefore ? "The note is written. The outcome of an earlier refresh is unknown: trying once"
							: "The note is written");
			return spentBefore;
		});
	}

	private Mono<Exchange> exchange(Grant grant, OAuthClient client, boolean spentBefore, RefreshAttempt attempt) {
		attempt.debug(() -> "The refresh token is sent to %s".formatted(endpoint(grant)));
		return this.tokenEndpoint.refresh(this.server, grant, client)
			.map((renewed) -> new Exchange(renewed, null, grant, client, spentBefore))
			.onErrorResume(ExchangeException.class, (ex) -> {
				if (isAboutResource(grant, ex)) {
					attempt.debug(() -> "%s: trying once without resource indicator".formatted(ex.getMessage()));
					Grant without = grant.mutate().resourceRefused(true).build();
					return exchange(without, client, spentBefore, attempt);
				}
				return Mono.just(new Exchange(null, ex, grant, client, spentBefore));
			});
	}

	/**
	 * Whether the token endpoint moved, is gone, or something else answered there.
	 */
	private static boolean isAboutEndpoint(Exchange exchange) {
		return exchange.failure() instanceof UnavailableException unavailable
				&& unavailable.meaning() == UnavailableException.Meaning.NO_ENDPOINT;
	}

	/**
	 * Looks once at the metadata that the issuer of the grant publishes now. If they name
	 * another token endpoint, the refresh token goes there. A new note replaces the one
	 * of the request that was not acted upon, because other processes wait for the end of
	 * one exchange only.
	 */
	private Mono<Exchange> atNewEndpoint(Grant stored, Exchange exchange, RefreshAttempt attempt) {
		Grant grant = exchange.replaced();
		OAuthClient client = exchange.client();
		if (grant == null || client == null || grant.issuer() == null) {
			return Mono.just(exchange);
		}
		return this.discovery.metadata(this.server, grant.issuer())
			.mapNotNull(AuthorizationServerMetadata::tokenEndpoint)
			.filter((endpoint) -> !endpoint.equals(grant.tokenEndpoint()))
			.onErrorResume(ExchangeException.class, (ex) -> {
				attempt
					.debug(() -> "The authorization server cannot be discovered again: %s".formatted(ex.getMessage()));
				return Mono.empty();
			})
			.flatMap((endpoint) -> {
				logger.info(attempt.message("The token endpoint of MCP server '%s' moved to %s"
					.formatted(this.server.name(), UntrustedText.quote(endpoint.toString()))));
				Grant moved = grant.mutate().tokenEndpoint(endpoint).build();
				return withdrawNote(exchange).then(Mono.defer(() -> noteAgain(stored, exchange, attempt)))
					.flatMap((spentBefore) -> exchange(moved, client, spentBefore, attempt));
			})
			.defaultIfEmpty(exchange);
	}

	private Mono<Boolean> noteAgain(Grant stored, Exchange exchange, RefreshAttempt attempt) {
		return exchange.spentBefore() ? Mono.just(true) : noteSpending(stored, attempt);
	}

	private boolean isAboutResource(Grant grant, ExchangeException ex) {
		return ex instanceof RefusedException refused && refused.status() == 400 && !refused.is("invalid_grant")
				&& !refused.is("invalid_client") && !refused.is("unauthorized_client") && grant.resource() != null
				&& !grant.resourceRefused() && this.server.oauth().sendResource();
	}

	/**
	 * A failure says nothing about an earlier exchange of unknown outcome. Its note
	 * stays, so that other processes report the same reason.
	 */
	private Mono<Exchange> withdrawNote(Exchange exchange) {
		if (exchange.renewed() != null || exchange.spentBefore()
				|| exchange.failure() instanceof UnknownOutcomeException) {
			return Mono.just(exchange);
		}
		return this.calls.withdrawSpending().thenReturn(exchange);
	}

	/**
	 * A record that another program wrote may lack the token endpoint and the
	 * authentication method. Both stand in the metadata, and neither is guessed.
	 */
	private Mono<Grant> withTokenEndpoint(Grant grant) {
		if (grant.tokenEndpoint() != null) {
			return Mono.just(grant);
		}
		return this.discovery.metadata(this.server, grant)
			.map((metadata) -> grant.mutate()
				.issuer((grant.issuer() != null) ? grant.issuer() : metadata.issuer())
				.tokenEndpoint(metadata.tokenEndpoint())
				.build());
	}

	/**
	 * The refresh token and the credentials of the client go to the issuer that they are
	 * bound to, and to no other (law 21).
	 */
	private Mono<Void> requireBinding(Grant grant) {
		return (grant.issuer() != null)
				? this.calls.requireBinding(this.discovery.binding(), this.server, grant.issuer()) : Mono.empty();
	}

	private Mono<OAuthClient> client(Grant grant) {
		String grantedTo = grant.clientId();
		OAuthClient configured = OAuthClient.of(this.server.oauth(), grantedTo);
		if (configured != null) {
			return Mono.just(configured);
		}
		return this.calls.findClient((client) -> fits(client, grant))
			.switchIfEmpty(Mono.defer(() -> implied(grantedTo)))
			.switchIfEmpty(Mono.error(() -> new NotRenewableException(
					"it is not known which client it was issued to; set 'mcp.servers.%s.oauth.client-id'"
						.formatted(this.server.name()),
					true)));
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

}
