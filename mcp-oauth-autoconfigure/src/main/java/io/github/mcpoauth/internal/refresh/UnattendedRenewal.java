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
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.TokenAudience;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.store.Generations;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Asks for each grant anew, without a user: with the client's own credentials, an
 * assertion or a user's token.
 * <p>
 * Runs discovery for the first grant, after the MCP server rejected a token, and when the
 * settings no longer match the stored grant. Otherwise uses the authorization server that
 * issued the stored grant.
 */
final class UnattendedRenewal implements GrantRenewal {

	/**
	 * The token type of an answer without an access token (RFC 8693, section 2.2.1).
	 */
	private static final String NOT_APPLICABLE = "N_A";

	private static final String ID_JAG_PROFILE = "urn:ietf:params:oauth:grant-profile:id-jag";

	private final McpServer server;

	private final GrantKey key;

	private final GrantCredential credential;

	private final @Nullable OAuthClient client;

	private final RenewalEndpoints endpoints;

	private final StoreCalls calls;

	private final Duration refusalTerm;

	private final Clock clock;

	private final Scheduler blocking;

	UnattendedRenewal(McpServer server, GrantKey key, GrantCredential credential, RenewalEndpoints endpoints,
			RefreshContext context) {
		this.server = server;
		this.key = key;
		this.credential = credential;
		OAuthClient preRegistered = OAuthClient.preRegistered(server.oauth());
		this.client = (preRegistered != null) ? preRegistered : OAuthClient.ofMetadataDocument(server.oauth());
		this.endpoints = endpoints;
		this.calls = new StoreCalls(key, context);
		this.refusalTerm = context.settings().pauses().rejection();
		this.clock = context.time().clock();
		this.blocking = context.threads().blocking();
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
	public @Nullable Secret replacedToken(@Nullable Grant grant) {
		return (grant != null) ? grant.accessToken() : null;
	}

	@Override
	public Object stamp() {
		return List.of(this.credential.stamp(), SecretFile.stamp(keyFile()));
	}

	private @Nullable Path keyFile() {
		return (this.client != null && this.client.signingKey() != null) ? this.client.signingKey().file() : null;
	}

	/**
	 * The cause of a refusal may be corrected at the authorization server, which cannot
	 * be detected here.
	 */
	@Override
	public Duration refusalTerm() {
		return this.refusalTerm;
	}

	@Override
	public Mono<Exchange> renew(@Nullable Grant grant, RefreshAttempt attempt) {
		boolean rediscover = attempt.trigger() == Trigger.REJECTION;
		return request(grant, rediscover, attempt)
			.onErrorResume((ex) -> !rediscover && isAboutEndpoint(ex), (ex) -> request(grant, true, attempt))
			.doOnNext(UnattendedRenewal::requireAccessToken)
			.delayUntil((renewed) -> this.calls.bind(this.endpoints.discovery().binding(), this.server,
					String.valueOf(renewed.issuer())))
			.map((renewed) -> new Exchange(Generations.next(renewed, grant, this.clock), null, grant, this.client,
					false))
			.onErrorResume(ExchangeException.class,
					(ex) -> Mono.just(new Exchange(null, ex, grant, this.client, false)));
	}

	private Mono<Grant> request(@Nullable Grant grant, boolean rediscover, RefreshAttempt attempt) {
		return this.credential.request(Mono.defer(() -> target(grant, rediscover, attempt.challenges())))
			.doOnNext((request) -> attempt.debug(() -> "A token is asked for at %s"
				.formatted(UntrustedText.quote(request.audience().tokenEndpoint().toString()))))
			.flatMap((request) -> this.endpoints.token().request(this.server, request, this.client));
	}

	/**
	 * Whether the token endpoint of the grant before moved or is gone. Discovery finds
	 * the present one.
	 */
	private static boolean isAboutEndpoint(Throwable failure) {
		return failure instanceof UnavailableException unavailable
				&& unavailable.meaning() == UnavailableException.Meaning.NO_ENDPOINT;
	}

	private Mono<TokenAudience> target(@Nullable Grant grant, boolean rediscover, List<String> challenges) {
		TokenAudience before = (grant != null && !rediscover && isAskedForAsNow(grant))
				? TokenAudience.of(grant, this.clock) : null;
		if (before != null) {
			return this.calls.requireBinding(this.endpoints.discovery().binding(), this.server, before.issuer())
				.onErrorMap(UnusableException.class, UnattendedRenewal::otherIssuer)
				.thenReturn(before);
		}
		return (challenges.isEmpty() ? this.endpoints.probe().challenges(this.server) : Mono.just(challenges))
			.flatMap((said) -> this.endpoints.discovery().discover(this.server, this.key, said))
			.onErrorMap(UnusableException.class, UnattendedRenewal::otherIssuer)
			.doOnNext(this::requireProfile)
			.flatMap(this::target)
			.doOnNext((target) -> requireIssuer(target, grant));
	}

	/**
	 * No retry helps where credentials are bound to another issuer.
	 */
	static RuntimeException otherIssuer(UnusableException failure) {
		return failure.isOtherIssuer() ? new NotRenewableException(String.valueOf(failure.getMessage()), true)
				: failure;
	}

	/**
	 * Generating a key takes too long for an event loop.
	 */
	private Mono<TokenAudience> target(Discovered discovered) {
		String algorithm = discovered.dpopAlgorithm();
		return (algorithm != null)
				? Mono.fromCallable(() -> discovered.audience(DPoPKey.generate(algorithm, this.clock)))
					.subscribeOn(this.blocking)
				: Mono.fromCallable(() -> discovered.audience(null));
	}

	/**
	 * A user's token is not exchanged for an assertion that the authorization server
	 * refuses. A server that lists no profiles may accept it all the same.
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
	 * A pre-registered client belongs to the authorization server it is registered with,
	 * which the settings or the grant before name.
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
