// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.ClientRegistrationEndpoint;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.Registration;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.store.ClientRecords;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * The OAuth clients that logins use: the one of the settings, else a client ID metadata
 * document, else one that registers dynamically and is used again for as long as it fits.
 * <p>
 * A registered client is stored as soon as it is there, unless the stored one is needed
 * to renew the stored grant: then it waits in memory for the end of the login, and for
 * the next one.
 */
final class LoginClients {

	private static final Log logger = LogFactory.getLog(LoginClients.class);

	private static final String DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

	private final ClientRegistrationEndpoint registrations;

	private final StoredLogins stored;

	private final TokenStore store;

	private final LoginSettings settings;

	private final Clock clock;

	private final Map<GrantKey, RegisteredClient> staged = new ConcurrentHashMap<>();

	LoginClients(ClientRegistrationEndpoint registrations, StoredLogins stored, TokenStore store,
			LoginSettings settings, Clock clock) {
		this.registrations = registrations;
		this.stored = stored;
		this.store = store;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Find the clients to choose from before the redirect URI is known. A client that the
	 * authorization server has refused, whichever process heard it, is not among them.
	 * @param subject the login
	 * @param discovered how it wants to be authorized for
	 * @return a mono with the candidate, never empty. Fails with {@link LoginException}
	 * when a client of the settings belongs to another authorization server
	 */
	Mono<Candidate> candidate(LoginRun.Subject subject, Discovered discovered) {
		McpServer server = subject.server();
		GrantKey key = subject.key();
		OAuthSettings oauth = server.oauth();
		OAuthClient client = OAuthClient.preRegistered(oauth);
		if (client != null) {
			return requireIssuer(server, key, client, discovered.authorizationServer())
				.thenReturn(new Candidate(client, null));
		}
		URI metadataUrl = oauth.clientMetadataUrl();
		OAuthClient document = OAuthClient.ofMetadataDocument(oauth);
		if (metadataUrl != null && document != null && isSupported(oauth, discovered.authorizationServer())) {
			return Mono.fromCallable(() -> {
				requireDocumentAddress(server, metadataUrl);
				return new Candidate(document, null);
			});
		}
		if (subject.request().newClient()) {
			return Mono.just(new Candidate(null, null));
		}
		return registered(server.key())
			.filter((known) -> known.fits(discovered.authorizationServer().issuer(), discovered.scopes(),
					this.clock.instant()))
			.filter((known) -> discovered.dpopAlgorithm() != null || !known.isDPoPBound())
			.filterWhen((known) -> this.stored.lessons(key).map((lessons) -> !isRefused(lessons, known.client())))
			.map((known) -> new Candidate(null, known))
			.defaultIfEmpty(new Candidate(null, null));
	}

	/**
	 * The key of the application's own document serves all servers, so it is used where
	 * signatures are verified. A key that is configured for one server is used there.
	 */
	private static boolean isSupported(OAuthSettings oauth, AuthorizationServerMetadata metadata) {
		List<String> methods = metadata.authMethods();
		boolean shared = oauth.signingKey() == null && oauth.clientMetadataKey() != null;
		return metadata.clientIdMetadataDocumentSupported()
				&& (!shared || methods.isEmpty() || methods.contains("private_key_jwt"));
	}

	private static boolean isRefused(GrantLessons lessons, OAuthClient client) {
		GrantLessons.Refusals refusals = lessons.clientRefusals();
		return refusals != null && refusals.subject().equals(client.clientId());
	}

	private Mono<RegisteredClient> registered(GrantKey key) {
		return Mono.fromSupplier(() -> this.staged.get(key))
			.switchIfEmpty(Mono.defer(() -> this.store.loadClient(key)).map(RegisteredClient::new));
	}

	/**
	 * A pre-registered client belongs to the authorization server it is registered with.
	 * Which one that is, the settings or the last login tell.
	 */
	private Mono<Void> requireIssuer(McpServer server, GrantKey key, OAuthClient client,
			AuthorizationServerMetadata metadata) {
		if (metadata.issuer().equals(server.oauth().authorizationServer())) {
			return Mono.empty();
		}
		return this.stored.grant(key)
			.filter((grant) -> client.clientId().equals(grant.clientId()) && grant.issuer() != null
					&& !metadata.issuer().equals(grant.issuer()))
			.flatMap((grant) -> Mono.error(LoginFailures.failure(server, Reason.CONFIGURATION,
					"the client %s was used at %s so far, and the server names %s as its authorization server now. Set %s to a client that is registered there, or %s to the issuer that this one belongs to"
						.formatted(UntrustedText.quote(client.clientId()), UntrustedText.quote(grant.issuer()),
								UntrustedText.quote(metadata.issuer()), LoginFailures.property(server, "client-id"),
								LoginFailures.property(server, "authorization-server")))));
	}

	private static void requireDocumentAddress(McpServer server, URI url) {
		boolean plain = url.getRawQuery() == null && url.getRawFragment() == null && url.getRawUserInfo() == null;
		boolean path = url.getPath() != null && url.getPath().length() > 1;
		if (!"https".equalsIgnoreCase(url.getScheme()) || !path || !plain) {
			throw LoginFailures.failure(server, Reason.CONFIGURATION,
					"%s must be an https address with a path and without query and fragment"
						.formatted(LoginFailures.property(server, "client-metadata-url")));
		}
	}

	/**
	 * The client to use, registered now if necessary.
	 * @param server the MCP server
	 * @param discovered how it wants to be authorized for
	 * @param candidate the clients to choose from
	 * @param redirectUri the redirect URI
	 * @return a mono with the client, never empty. Fails with {@link LoginException} and
	 * {@link io.github.mcpoauth.internal.protocol.ExchangeException}
	 */
	Mono<OAuthClient> select(McpServer server, Discovered discovered, Candidate candidate, URI redirectUri) {
		if (candidate.fixed() != null) {
			return Mono.just(candidate.fixed());
		}
		if (candidate.registered() != null && candidate.registered().redirectsTo(redirectUri)) {
			return Mono.just(candidate.registered().client());
		}
		return Mono.defer(() -> register(server, discovered, redirectUri, false));
	}

	/**
	 * The client to use for the device authorization grant, registered now if necessary.
	 * @param server the MCP server
	 * @param discovered how it wants to be authorized for
	 * @param candidate the clients to choose from
	 * @param redirectUri a mono with the redirect URI to register too
	 * @return a mono with the client, never empty. Fails with {@link LoginException} and
	 * {@link io.github.mcpoauth.internal.protocol.ExchangeException}
	 */
	Mono<OAuthClient> selectForDevice(McpServer server, Discovered discovered, Candidate candidate,
			Mono<URI> redirectUri) {
		if (candidate.fixed() != null) {
			return Mono.just(candidate.fixed());
		}
		if (candidate.registered() != null && candidate.registered().allows(DEVICE_CODE)) {
			return Mono.just(candidate.registered().client());
		}
		return redirectUri.flatMap((uri) -> register(server, discovered, uri, true));
	}

	private Mono<OAuthClient> register(McpServer server, Discovered discovered, URI redirectUri, boolean device) {
		AuthorizationServerMetadata metadata = discovered.authorizationServer();
		URI endpoint = metadata.registrationEndpoint();
		if (endpoint == null) {
			return Mono.error(notRegistered(server, redirectUri, "The authorization server %s registers no clients"
				.formatted(UntrustedText.quote(metadata.issuer())), null));
		}
		// One client for both kinds of login, where the server has both
		Registration registration = new Registration(server.oauth().clientName(), redirectUri,
				device || offersDeviceCodes(metadata), discovered.scopes(),
				Registration.authMethod(server.oauth().tokenEndpointAuthMethod(), metadata),
				discovered.isDPoPRequired(server), Set.of());
		return register(server, endpoint, registration, metadata.issuer(), device)
			.onErrorMap((ex) -> isAboutRedirect(ex),
					(ex) -> new RedirectRefusedException(server, redirectUri, String.valueOf(ex.getMessage()), ex))
			.onErrorMap((ex) -> ex instanceof RefusedException || ex instanceof UnusableException,
					(ex) -> notRegistered(server, redirectUri, String.valueOf(ex.getMessage()), ex))
			.onErrorMap((ex) -> ex instanceof ExchangeException && discovered.replaceable(),
					(ex) -> new RefusedLoginException(server, Reason.UNAVAILABLE, String.valueOf(ex.getMessage()),
							"Try again later", ex))
			.map((client) -> RegisteredClient.registered(client, discovered.scopes()))
			.doOnNext((client) -> requireRegistered(server, client, redirectUri, device))
			.flatMap((client) -> keep(server.key(), client).thenReturn(client.client()));
	}

	private static boolean offersDeviceCodes(AuthorizationServerMetadata metadata) {
		List<String> grantTypes = metadata.grantTypes();
		return metadata.deviceAuthorizationEndpoint() != null
				&& (grantTypes.isEmpty() || grantTypes.contains(DEVICE_CODE));
	}

	/**
	 * Register with the members that the server accepts. Each try leaves out at least one
	 * member or the wish for device codes, so this ends.
	 */
	private Mono<OAuthClient> register(McpServer server, URI endpoint, Registration registration, String issuer,
			boolean device) {
		return this.registrations.register(server, endpoint, registration, issuer)
			.onErrorResume(RefusedException.class, (ex) -> {
				Registration next = isAboutRedirect(ex) ? null : registration.after(ex, device);
				return (next != null) ? register(server, endpoint, next, issuer, device) : Mono.error(ex);
			});
	}

	private static boolean isAboutRedirect(Throwable failure) {
		return failure instanceof RefusedException refused
				&& ("invalid_redirect_uri".equals(refused.errorCode().toLowerCase(Locale.ROOT))
						|| String.valueOf(refused.getMessage()).toLowerCase(Locale.ROOT).contains("redirect_uri"));
	}

	private static void requireRegistered(McpServer server, RegisteredClient client, URI redirectUri, boolean device) {
		if (device && !client.allows(DEVICE_CODE)) {
			throw notRegistered(server, redirectUri,
					"The authorization server did not register the client for the device authorization grant", null);
		}
		if (!device && !client.redirectsTo(redirectUri)) {
			throw notRegistered(server, redirectUri,
					"The authorization server registered other redirect URIs than the one that was asked for", null);
		}
	}

	private static LoginException notRegistered(McpServer server, URI redirectUri, String message,
			@Nullable Throwable cause) {
		return new RefusedLoginException(server, Reason.CONFIGURATION, message,
				"If it registers only clients of names that it knows, set %s. Otherwise register a client by hand, for example with the redirect URI %s, and set %s"
					.formatted(LoginFailures.property(server, "client-name"),
							UntrustedText.quote(redirectUri.toString()), LoginFailures.property(server, "client-id")),
				cause);
	}

	private Mono<Void> keep(GrantKey key, RegisteredClient client) {
		Mono<Boolean> save = this.stored.isClientNeeded(key)
			.flatMap((needed) -> needed ? Mono.just(false)
					: this.store.saveClient(key, client.client()).thenReturn(true));
		return this.store.locked(key, this.settings.lockTimeout(), save)
			.onErrorResume(TokenStoreException.class, (ex) -> {
				logger.debug(LogMessage.format("The client registered for MCP server '%s' is not stored yet", key), ex);
				return Mono.just(false);
			})
			.doOnNext((saved) -> {
				if (saved) {
					this.staged.remove(key);
				}
				else {
					this.staged.put(key, client);
				}
			})
			.then();
	}

	/**
	 * The client of a login that ended well is stored.
	 * @param key the grant
	 */
	void stored(GrantKey key) {
		this.staged.remove(key);
	}

	/**
	 * Remember that the authorization server refused a client. A registered one is not
	 * used for a login again. It is removed unless the stored grant needs it: the server
	 * may have erred, and without its client a grant is lost.
	 * @param server the MCP server
	 * @param client the client
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> rejected(McpServer server, OAuthClient client) {
		if (client.origin() != OAuthClient.Origin.REGISTERED) {
			return Mono.empty();
		}
		GrantKey key = server.key();
		Mono<Void> drop = this.stored.isClientNeeded(key)
			.flatMap((needed) -> needed
					? this.store.saveClient(key, new RegisteredClient(client).rejected(this.clock.instant()).client())
					: this.store.deleteClient(key));
		Mono<Void> dropIfStored = this.store.loadClient(key)
			.filter((known) -> known.clientId().equals(client.clientId()))
			.flatMap((known) -> drop);
		return Mono
			.fromRunnable(() -> this.staged.computeIfPresent(key,
					(same, known) -> known.client().clientId().equals(client.clientId()) ? null : known))
			.then(this.store.locked(key, this.settings.lockTimeout(), dropIfStored))
			.onErrorResume(TokenStoreException.class, (ex) -> {
				logger.debug(LogMessage.format("The rejected client of MCP server '%s' is still stored", key), ex);
				return Mono.empty();
			});
	}

	/**
	 * The client that a grant was issued to.
	 * @param server the MCP server
	 * @param key key of the grant
	 * @param grant the grant
	 * @return a mono with the client, empty if that is not known
	 */
	Mono<OAuthClient> clientOf(McpServer server, GrantKey key, Grant grant) {
		String clientId = grant.clientId();
		OAuthClient configured = OAuthClient.of(server.oauth(), clientId);
		if (configured != null) {
			return Mono.just(configured);
		}
		return new ClientRecords(this.store)
			.find(key, (client) -> clientId == null || clientId.equals(client.clientId()))
			.switchIfEmpty(Mono.justOrEmpty(clientId).map((id) -> OAuthClient.configured(id, null, null)));
	}

	/**
	 * The authorization server does not register a client with the redirect URI.
	 */
	static final class RedirectRefusedException extends RefusedLoginException {

		private static final long serialVersionUID = 1L;

		RedirectRefusedException(McpServer server, URI redirectUri, String message, Throwable cause) {
			super(server, Reason.CONFIGURATION, message,
					"The redirect URI was %s. Set %s to another name of this machine (127.0.0.1 or localhost), or %s to an https address that leads to it, or register a client by hand and set %s"
						.formatted(UntrustedText.quote(redirectUri.toString()),
								LoginFailures.property(server, "redirect-host"),
								LoginFailures.property(server, "redirect-uri"),
								LoginFailures.property(server, "client-id")),
					cause);
		}

	}

	/**
	 * The clients that a login can choose from.
	 *
	 * @param fixed the client to use in any case, {@code null} to use a registered one
	 * @param registered a registered client to use if it is registered with the redirect
	 * URI, {@code null} to register one
	 */
	record Candidate(@Nullable OAuthClient fixed, @Nullable RegisteredClient registered) {

	}

}
