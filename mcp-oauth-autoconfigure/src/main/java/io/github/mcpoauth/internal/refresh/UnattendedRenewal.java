// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.TokenAudience;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.store.Generations;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Asks for each grant anew, without a person: with the client's own credentials, an
 * assertion or a user's token. Whom to ask is discovered for the first grant, after a
 * refusal by the MCP server, and when the settings want something else than the grant
 * there is was asked for with; in between, whoever issued that is asked again.
 */
final class UnattendedRenewal implements GrantRenewal {

	/**
	 * What a server says that issued no access token (RFC 8693, section 2.2.1).
	 */
	private static final String NOT_APPLICABLE = "N_A";

	private static final String ID_JAG_PROFILE = "urn:ietf:params:oauth:grant-profile:id-jag";

	private final McpServer server;

	private final GrantKey key;

	private final GrantCredential entitlement;

	private final @Nullable OAuthClient client;

	private final Discovery discovery;

	private final ServerProbe probe;

	private final TokenEndpoint tokenEndpoint;

	private final Duration refusalTerm;

	private final Clock clock;

	UnattendedRenewal(McpServer server, GrantKey key, GrantCredential entitlement, Discovery discovery,
			ServerProbe probe, TokenEndpoint tokenEndpoint, Duration refusalTerm, Clock clock) {
		this.server = server;
		this.key = key;
		this.entitlement = entitlement;
		OAuthClient preRegistered = OAuthClient.preRegistered(server.oauth());
		this.client = (preRegistered != null) ? preRegistered : OAuthClient.ofMetadataDocument(server.oauth());
		this.discovery = discovery;
		this.probe = probe;
		this.tokenEndpoint = tokenEndpoint;
		this.refusalTerm = refusalTerm;
		this.clock = clock;
	}

	@Override
	public boolean startsAnew() {
		return true;
	}

	@Override
	public @Nullable String objection(@Nullable Grant grant) {
		return null;
	}

	@Override
	public @Nullable Secret spends(@Nullable Grant grant) {
		return (grant != null) ? grant.accessToken() : null;
	}

	@Override
	public Object stamp() {
		return List.of(this.entitlement.stamp(), SecretFile.stamp(keyFile()));
	}

	private @Nullable Path keyFile() {
		return (this.client != null && this.client.signingKey() != null) ? this.client.signingKey().file() : null;
	}

	/**
	 * What made the authorization server refuse may be corrected there, which nobody
	 * tells.
	 */
	@Override
	public Duration refusalTerm() {
		return this.refusalTerm;
	}

	@Override
	public Mono<Renewal> renew(@Nullable Grant grant, Trigger trigger, List<String> challenges) {
		return this.entitlement.request(Mono.defer(() -> target(grant, trigger, challenges)))
			.flatMap((request) -> this.tokenEndpoint.request(this.server, request, this.client))
			.doOnNext(UnattendedRenewal::requireAccessToken)
			.map((renewed) -> new Renewal(Generations.next(renewed, grant, this.clock), null, grant, this.client,
					false))
			.onErrorResume(ExchangeException.class,
					(ex) -> Mono.just(new Renewal(null, ex, grant, this.client, false)));
	}

	private Mono<TokenAudience> target(@Nullable Grant grant, Trigger trigger, List<String> challenges) {
		TokenAudience before = (grant != null && trigger != Trigger.REJECTION && isAskedForAsNow(grant))
				? TokenAudience.of(grant, this.clock) : null;
		if (before != null) {
			return Mono.just(before);
		}
		return (challenges.isEmpty() ? this.probe.challenges(this.server) : Mono.just(challenges))
			.flatMap((said) -> this.discovery.discover(this.server, this.key, said))
			.doOnNext(this::requireProfile)
			.flatMap(this::target)
			.doOnNext((target) -> requireIssuer(target, grant));
	}

	/**
	 * Making a key takes a while.
	 */
	private Mono<TokenAudience> target(Discovered discovered) {
		String algorithm = discovered.dpopAlgorithm();
		return (algorithm != null)
				? Mono.fromCallable(() -> discovered.audience(DPoPKey.generate(algorithm, this.clock)))
					.subscribeOn(Schedulers.boundedElastic())
				: Mono.fromCallable(() -> discovered.audience(null));
	}

	/**
	 * A user's token is not exchanged for an assertion that nobody takes. A server that
	 * lists no profiles may take it all the same.
	 */
	private void requireProfile(Discovered discovered) {
		List<String> profiles = discovered.authorizationServer().grantProfiles();
		if (this.server.oauth().identityProvider() != null && !profiles.isEmpty()
				&& !profiles.contains(ID_JAG_PROFILE)) {
			throw new NotRenewableException(
					"the authorization server %s takes no assertion of an identity provider: it lists the grant profiles %s"
						.formatted(UntrustedText.quote(discovered.authorizationServer().issuer()),
								UntrustedText.quote(String.join(" ", profiles))),
					true);
		}
	}

	private boolean isAskedForAsNow(Grant grant) {
		OAuthSettings oauth = this.server.oauth();
		Set<String> scopes = oauth.scopes();
		boolean resource = oauth.sendResource() ? grant.resource() != null : grant.resource() == null;
		return oauth.grantType().value().equals(grant.additional().get(Grant.GRANT_TYPE)) && resource
				&& (oauth.resource() == null || oauth.resource().equals(grant.resource()))
				&& (oauth.authorizationServer() == null || oauth.authorizationServer().equals(grant.issuer()))
				&& (scopes.isEmpty() || scopes.equals(grant.requestedScope())) && isBoundAsNow(grant)
				&& Objects.equals((this.client != null) ? this.client.clientId() : null, grant.clientId());
	}

	private boolean isBoundAsNow(Grant grant) {
		return switch (this.server.oauth().dpop()) {
			case AUTO -> true;
			case ALWAYS -> grant.dpopKey() != null;
			case NEVER -> grant.dpopKey() == null;
		};
	}

	/**
	 * A pre-registered client belongs to the authorization server it is registered with.
	 * Which one that is, the settings or the grant before tell.
	 */
	private void requireIssuer(TokenAudience target, @Nullable Grant grant) {
		OAuthClient client = this.client;
		if (client == null || grant == null || client.origin() != OAuthClient.Origin.CONFIGURED
				|| target.issuer().equals(this.server.oauth().authorizationServer())) {
			return;
		}
		if (client.clientId().equals(grant.clientId()) && grant.issuer() != null
				&& !target.issuer().equals(grant.issuer())) {
			throw new NotRenewableException(
					"the client %s was used at %s so far, and the server names %s as its authorization server now. Set 'mcp.servers.%s.oauth.authorization-server' to the issuer that the client belongs to"
						.formatted(UntrustedText.quote(client.clientId()), UntrustedText.quote(grant.issuer()),
								UntrustedText.quote(target.issuer()), this.server.name()),
					true);
		}
	}

	private static void requireAccessToken(Grant grant) {
		if (NOT_APPLICABLE.equalsIgnoreCase(grant.tokenType())) {
			throw new UnusableException("The authorization server %s issued something else than an access token"
				.formatted(UntrustedText.quote(grant.issuer())));
		}
	}

}
