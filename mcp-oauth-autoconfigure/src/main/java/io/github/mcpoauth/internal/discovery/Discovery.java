// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.discovery.NamedAuthorizationServers.Choice;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadataEndpoint;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtectedResourceMetadata;
import io.github.mcpoauth.internal.protocol.ProtectedResourceMetadataEndpoint;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenChallenges;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds out how an MCP server wants to be authorized for: the protected resource
 * metadata, then the authorization server it names, each at the addresses and in the
 * order of the MCP specification.
 * <p>
 * A 4xx, a redirect or a page of HTML means that there is no document and the next
 * address is asked; a 5xx or no answer means nothing and ends the discovery with
 * {@link io.github.mcpoauth.internal.protocol.UnavailableException}, because to go on
 * would be to guess. A document that must not be trusted ends it with
 * {@link UnusableException}. Where the MCP server names several authorization servers,
 * both end the discovery at one of them, as {@link NamedAuthorizationServers} tells.
 */
public final class Discovery {

	private static final Log logger = LogFactory.getLog(Discovery.class);

	private static final String OFFLINE_ACCESS = "offline_access";

	private final ProtectedResourceMetadataEndpoint resources;

	private final AuthorizationServerMetadataEndpoint authorizationServers;

	private final UrlPolicy urlPolicy;

	private final TokenStore store;

	private final IssuerBinding binding;

	private final McpOAuthListener listener;

	/**
	 * Create the discovery.
	 * @param clients the clients to fetch documents with
	 * @param settings bounds of an exchange
	 * @param clock the clock
	 * @param store holds the metadata of the last login, and the issuer that credentials
	 * are bound to; discovery writes nothing
	 * @param listener watches it
	 */
	public Discovery(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock, TokenStore store,
			McpOAuthListener listener) {
		this.resources = new ProtectedResourceMetadataEndpoint(clients, settings, clock);
		this.authorizationServers = new AuthorizationServerMetadataEndpoint(clients, settings, clock);
		this.urlPolicy = new UrlPolicy(settings);
		this.store = store;
		this.binding = new IssuerBinding(store);
		this.listener = listener;
	}

	/**
	 * Discover from scratch, because any 401 may mean that the server has changed its
	 * mind. The stored grant decides only between authorization servers that the server
	 * offers as equals.
	 * @param server the MCP server
	 * @param key the grant that is wanted
	 * @param challenges values of the {@code WWW-Authenticate} headers of its last 401,
	 * empty without any
	 * @return a mono with the result, never empty. Fails with
	 * {@link io.github.mcpoauth.internal.protocol.ExchangeException}
	 */
	public Mono<Discovered> discover(McpServer server, GrantKey key, List<String> challenges) {
		return discover(server, key, challenges, Map.of());
	}

	/**
	 * Discover again after the authorization server that was found has refused.
	 * @param server the MCP server
	 * @param key the grant that is wanted
	 * @param challenges values of the {@code WWW-Authenticate} headers of its last 401
	 * @param refusals the issuers not to use, each with a sentence that tells its answer
	 * @return a mono as above, with another authorization server. Its failure tells the
	 * answers of all that were tried
	 */
	public Mono<Discovered> discover(McpServer server, GrantKey key, List<String> challenges,
			Map<String, String> refusals) {
		return observed(server, Mono.defer(() -> {
			TokenChallenges challenge = TokenChallenges.of(challenges);
			return resource(server, challenge).singleOptional()
				.flatMap((resource) -> discover(server, key, challenge, resource.orElse(null), refusals));
		}));
	}

	/**
	 * The rule that says which issuer the credentials of a server may be sent to.
	 * @return the binding
	 */
	public IssuerBinding binding() {
		return this.binding;
	}

	private <T> Mono<T> observed(McpServer server, Mono<T> discovery) {
		McpOAuthWork work = McpOAuthWork.discovery(server.name());
		return Mono.deferContextual((caller) -> this.listener.observe(work, caller, discovery, (found) -> "found"));
	}

	private static Choice only(AuthorizationServerMetadata metadata) {
		return new Choice(metadata, false);
	}

	private Mono<Discovered> discover(McpServer server, GrantKey key, TokenChallenges challenge,
			@Nullable ProtectedResourceMetadata resource, Map<String, String> refusals) {
		return authorizationServer(server, key, challenge, resource, refusals)
			.flatMap((choice) -> this.binding.require(server, key, choice.metadata().issuer()).thenReturn(choice))
			.flatMap((choice) -> askedForBefore(key, challenge).map((before) -> {
				AuthorizationServerMetadata metadata = choice.metadata();
				Set<String> scopes = new LinkedHashSet<>(before);
				scopes.addAll(scopes(server, challenge, resource, metadata));
				return new Discovered(resource, metadata, resourceIndicator(server, resource), scopes,
						DPoPChoice.algorithm(server, challenge, resource, metadata), choice.replaceable());
			}));
	}

	/**
	 * A step-up requests the earlier scopes and the missing ones, never fewer. A record
	 * that cannot be read is no reason not to log in again.
	 */
	private Mono<Set<String>> askedForBefore(GrantKey key, TokenChallenges challenge) {
		if (!challenge.isInsufficientScope()) {
			return Mono.just(Set.of());
		}
		return this.store.load(key).map((stored) -> {
			Grant grant = stored.grant();
			Set<String> scopes = new LinkedHashSet<>();
			if (grant != null) {
				scopes.addAll(grant.requestedScope());
			}
			scopes.addAll(challenge.scopes());
			return scopes;
		}).onErrorResume(TokenStoreException.class, (ex) -> {
			logger.debug("The stored grant for MCP server '%s' cannot be read".formatted(key), ex);
			return Mono.just(challenge.scopes());
		});
	}

	/**
	 * The metadata of the authorization server of a grant: the stored document if it is
	 * of the grant's issuer, else that issuer's own. A grant that does not know its
	 * issuer is taken to be of the stored one, and without that, of the one the server
	 * names now.
	 * @param server the MCP server
	 * @param grant the grant, or {@code null}
	 * @return a mono with the metadata, never empty. Fails with
	 * {@link io.github.mcpoauth.internal.protocol.ExchangeException}
	 */
	public Mono<AuthorizationServerMetadata> metadata(McpServer server, @Nullable Grant grant) {
		String issuer = (grant != null) ? grant.issuer() : null;
		Mono<AuthorizationServerMetadata> now = (issuer != null) ? observed(server, ofIssuer(server, issuer))
				: discover(server, server.key(), List.of()).map(Discovered::authorizationServer);
		return stored(server.key()).filter((metadata) -> issuer == null || issuer.equals(metadata.issuer()))
			.switchIfEmpty(now);
	}

	/**
	 * The metadata of an authorization server or identity provider, of which nothing is
	 * stored.
	 * @param server the MCP server it is for
	 * @param issuer its issuer identifier
	 * @return a mono with the metadata, never empty. Fails with
	 * {@link io.github.mcpoauth.internal.protocol.ExchangeException}
	 */
	public Mono<AuthorizationServerMetadata> metadata(McpServer server, String issuer) {
		return ofIssuer(server, issuer);
	}

	/**
	 * The validated protected resource metadata.
	 * @return a mono with the metadata, empty if absent
	 */
	private Mono<ProtectedResourceMetadata> resource(McpServer server, TokenChallenges challenge) {
		List<String> addresses = new ArrayList<>(WellKnown.protectedResource(server.url()));
		String announced = challenge.resourceMetadata();
		if (announced != null && isAcceptable(server, announced)) {
			addresses.remove(announced);
			addresses.add(0, announced);
		}
		return Flux.fromIterable(addresses)
			.concatMap((address) -> this.resources.fetch(server, address)
				.flatMap((metadata) -> validated(server, address, metadata)), 1)
			.next();
	}

	/**
	 * A document may describe the server itself. One that describes a resource above it
	 * counts only at the well-known address of that resource, which a tenant of the host
	 * cannot write.
	 */
	private Mono<ProtectedResourceMetadata> validated(McpServer server, String address,
			ProtectedResourceMetadata metadata) {
		validate(server, metadata);
		URI resource = URI.create(metadata.resource());
		List<String> own = WellKnown.protectedResource(resource);
		if (HttpAddress.covers(server.url().toString(), resource) || own.get(0).equals(address)) {
			return Mono.just(metadata);
		}
		return this.resources.fetch(server, own.get(0))
			.filter((document) -> document.resource().equals(metadata.resource()))
			.switchIfEmpty(Mono.error(() -> new UnusableException(
					"The protected resource metadata at %s describes %s, which is above the MCP server, and the document at %s does not confirm that. It is not used"
						.formatted(UntrustedText.quote(address), UntrustedText.quote(metadata.resource()),
								UntrustedText.quote(own.get(0))))));
	}

	private boolean isAcceptable(McpServer server, String announced) {
		try {
			this.urlPolicy.check(server, "The announced protected resource metadata address", announced);
			return true;
		}
		catch (UnusableException ex) {
			logger.debug("MCP server '%s': %s".formatted(server.name(), ex.getMessage()));
			return false;
		}
	}

	private static void validate(McpServer server, ProtectedResourceMetadata metadata) {
		if (!ResourceIdentifiers.covers(metadata.resource(), server.url())) {
			throw new UnusableException(
					"The protected resource metadata of %s describes another resource, %s, and is not used".formatted(
							UntrustedText.quote(UntrustedText.withoutSecrets(server.url().toString())),
							UntrustedText.quote(metadata.resource())));
		}
	}

	private Mono<Choice> authorizationServer(McpServer server, GrantKey key, TokenChallenges challenge,
			@Nullable ProtectedResourceMetadata resource, Map<String, String> refusals) {
		String configured = server.oauth().authorizationServer();
		if (configured != null) {
			return ofIssuer(server, configured).map(Discovery::only);
		}
		if (resource == null) {
			return ofOrigin(server, challenge).map(Discovery::only);
		}
		if (resource.authorizationServers().isEmpty()) {
			return Mono.error(new UnusableException(
					"The protected resource metadata of %s names no authorization server. Set 'authorization-server' to its issuer"
						.formatted(UntrustedText.quote(resource.resource()))));
		}
		return named(server, key, resource.authorizationServers(), refusals)
			.flatMap((named) -> named.firstUsable((issuer) -> ofIssuer(server, issuer)));
	}

	/**
	 * The named issuers. The one that the credentials are bound to is the only one, and
	 * the one of the last login is the first.
	 */
	private Mono<NamedAuthorizationServers> named(McpServer server, GrantKey key, List<String> named,
			Map<String, String> refusals) {
		List<String> issuers = new ArrayList<>(new LinkedHashSet<>(named));
		boolean free = server.oauth().clientId() == null && !IssuerBinding.isBound(server);
		return this.binding.issuer(server, key)
			.filter(issuers::contains)
			.map((bound) -> new NamedAuthorizationServers(server, List.of(bound), false, refusals))
			.switchIfEmpty(Mono.defer(() -> stored(server.key()).map(AuthorizationServerMetadata::issuer)
				.filter(issuers::remove)
				.map((known) -> {
					issuers.add(0, known);
					return new NamedAuthorizationServers(server, issuers, false, refusals);
				})))
			.switchIfEmpty(Mono.fromSupplier(() -> new NamedAuthorizationServers(server, issuers, free, refusals)));
	}

	private Mono<AuthorizationServerMetadata> ofIssuer(McpServer server, String issuer) {
		return Mono.defer(() -> {
			URI uri = this.urlPolicy.check(server, "The authorization server", issuer);
			if (uri.getRawQuery() != null) {
				return Mono.error(new UnusableException("The authorization server %s contains a query and is not used"
					.formatted(UntrustedText.quote(issuer))));
			}
			List<String> absences = new CopyOnWriteArrayList<>();
			return fetch(server, WellKnown.authorizationServer(uri), List.of(issuer), absences).switchIfEmpty(
					Mono.error(() -> new UnusableException("The authorization server %s publishes no metadata at %s"
						.formatted(UntrustedText.quote(issuer), String.join(", ", absences)))));
		});
	}

	private Mono<AuthorizationServerMetadata> fetch(McpServer server, List<String> addresses, List<String> issuers,
			List<String> absences) {
		return Flux.fromIterable(addresses)
			.concatMap((address) -> this.authorizationServers.fetch(server, address, issuers, absences::add), 1)
			.next();
	}

	/**
	 * As in the MCP specification of 2025-03-26, where servers are their own
	 * authorization servers: metadata at the origin, or endpoints at fixed paths there. A
	 * server that asks for another scheme than Bearer and has no metadata is not one.
	 */
	private Mono<AuthorizationServerMetadata> ofOrigin(McpServer server, TokenChallenges challenge) {
		String origin = HttpAddress.origin(server.url());
		List<String> absences = new CopyOnWriteArrayList<>();
		return fetch(server, WellKnown.authorizationServer(URI.create(origin)), List.of(origin, origin + "/"), absences)
			.switchIfEmpty(Mono.fromCallable(() -> {
				if (challenge.isForeign()) {
					throw new UnusableException(
							"%s asks for another kind of authentication than OAuth and publishes no metadata at %s"
								.formatted(UntrustedText.quote(UntrustedText.withoutSecrets(server.url().toString())),
										String.join(", ", absences)));
				}
				logger.info(
						"MCP server '%s' publishes no metadata at %s. The endpoints '/authorize', '/token' and '/register' of its origin are used"
							.formatted(server.name(), String.join(", ", absences)));
				return conventional(origin);
			}));
	}

	private static AuthorizationServerMetadata conventional(String origin) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("issuer", origin);
		members.put("authorization_endpoint", origin + "/authorize");
		members.put("token_endpoint", origin + "/token");
		members.put("registration_endpoint", origin + "/register");
		// Which that specification obliges every server to support
		members.put("code_challenge_methods_supported", List.of("S256"));
		return new AuthorizationServerMetadata(members);
	}

	private static @Nullable String resourceIndicator(McpServer server, @Nullable ProtectedResourceMetadata resource) {
		OAuthSettings settings = server.oauth();
		if (!settings.sendResource()) {
			return null;
		}
		if (settings.resource() != null) {
			return settings.resource();
		}
		return (resource != null) ? resource.resource() : ResourceIdentifiers.canonical(server.url());
	}

	/**
	 * The scopes of the settings, else of the challenge, else of the resource, else an
	 * empty set. Scopes of the settings are used unchanged. Without
	 * {@code offline_access} many servers issue no refresh token, but requested alone it
	 * would replace the server's default scopes, and a grant without a user does not need
	 * it.
	 */
	private static Set<String> scopes(McpServer server, TokenChallenges challenge,
			@Nullable ProtectedResourceMetadata resource, AuthorizationServerMetadata metadata) {
		if (!server.oauth().scopes().isEmpty()) {
			return server.oauth().scopes();
		}
		Set<String> scopes = new LinkedHashSet<>(challenge.scopes());
		if (scopes.isEmpty() && resource != null) {
			scopes.addAll(resource.scopesSupported());
		}
		boolean refreshes = server.oauth().grantType().needsUser();
		if (refreshes && !scopes.isEmpty() && metadata.scopesSupported().contains(OFFLINE_ACCESS)) {
			scopes.add(OFFLINE_ACCESS);
		}
		return scopes;
	}

	private Mono<AuthorizationServerMetadata> stored(GrantKey key) {
		return this.store.loadMetadata(key).mapNotNull((members) -> {
			try {
				return new AuthorizationServerMetadata(members);
			}
			catch (IllegalArgumentException ex) {
				return null;
			}
		}).onErrorResume(TokenStoreException.class, (ex) -> {
			logger.debug("The stored metadata for MCP server '%s' cannot be read".formatted(key), ex);
			return Mono.empty();
		});
	}

}
