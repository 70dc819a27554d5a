// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.registration;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.internal.principal.AuthenticatedUser;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.oauth2.client.ClientAuthorizationException;
import org.springframework.security.oauth2.client.ClientAuthorizationRequiredException;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthorizationException;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;

/**
 * The tokens that Spring Security keeps for the users of an application. Requires Spring
 * Security's OAuth 2.0 client.
 */
public final class SpringSecurityClients implements AuthorizedClients {

	/**
	 * The name under which Spring Security keeps tokens of the application itself.
	 */
	private static final String APPLICATION = "mcp-oauth";

	/**
	 * Spring Security renews a token that expires within a minute.
	 */
	private static final Duration LONG_AGO = Duration.ofHours(1);

	private static final Set<String> PASSING = Set.of("server_error", "temporarily_unavailable",
			"invalid_token_response", "slow_down");

	private final Backend backend;

	private final String contextKey;

	private final Clock clock;

	private final WorkThreads threads;

	private final Duration timeout;

	/**
	 * Create the clients.
	 * @param backend Spring Security's own beans
	 * @param contextKey key of the Reactor context under which an application names the
	 * user
	 * @param clock the clock
	 * @param threads time the deadlines
	 * @param timeout how long one call of Spring Security may take. It is cancelled, and
	 * a thread that it blocks is interrupted
	 */
	public SpringSecurityClients(Backend backend, String contextKey, Clock clock, WorkThreads threads,
			Duration timeout) {
		this.backend = backend;
		this.contextKey = contextKey;
		this.clock = clock;
		this.threads = threads;
		this.timeout = timeout;
	}

	@Override
	public Mono<AuthorizedClient> clientFor(McpServer server, GrantKey key, @Nullable AuthorizedClient shown) {
		return Mono.deferContextual((context) -> (key.principal() != null) ? clientOfUser(server, key, context, shown)
				: this.backend.registration(String.valueOf(server.oauth().registration()))
					.filter((registration) -> AuthorizationGrantType.CLIENT_CREDENTIALS
						.equals(registration.getAuthorizationGrantType()))
					.map((registration) -> new Client(server, key, application())));
	}

	private static Authentication application() {
		return UsernamePasswordAuthenticationToken.authenticated(APPLICATION, null, Set.of());
	}

	/**
	 * A token is given to the user it belongs to, and to no caller that only names that
	 * user.
	 */
	private Mono<AuthorizedClient> clientOfUser(McpServer server, GrantKey key, ContextView context,
			@Nullable AuthorizedClient shown) {
		Mono<Authentication> named = (context.getOrDefault(this.contextKey,
				null) instanceof Authentication authentication) ? Mono.just(authentication)
						: ReactiveSecurityContextHolder.getContext().mapNotNull(SecurityContext::getAuthentication);
		return named.filter(AuthenticatedUser::isUser).<AuthorizedClient>handle((user, sink) -> {
			if (!String.valueOf(key.principal()).equals(AuthenticatedUser.name(user))) {
				sink.error(lost(server, "the user of the request is not the one that the grant belongs to"));
				return;
			}
			sink.next(new Client(server, key, user));
		})
			.switchIfEmpty((shown != null) ? Mono.just(shown)
					: Mono.error(() -> lost(server, "the request has no user of Spring Security")));
	}

	private static PrincipalRequiredException lost(McpServer server, String reason) {
		return new PrincipalRequiredException(server.name(),
				"its token is that of a login with registration '%s' of Spring Security, and %s"
					.formatted(server.oauth().registration(), reason),
				null);
	}

	/**
	 * Spring Security's beans of a servlet or of a WebFlux application.
	 */
	public interface Backend {

		/**
		 * Ask for a token.
		 * @param request the user and the registration
		 * @return a mono with the client and its token
		 */
		Mono<OAuth2AuthorizedClient> authorize(OAuth2AuthorizeRequest request);

		/**
		 * Read a stored client.
		 * @param registration the registration
		 * @param user the user
		 * @return a mono with the client, empty if absent
		 */
		Mono<OAuth2AuthorizedClient> stored(String registration, String user);

		/**
		 * Find a registration.
		 * @param id its id
		 * @return a mono with the registration, empty if absent
		 */
		Mono<ClientRegistration> registration(String id);

	}

	/**
	 * The beans of a servlet application, which block.
	 *
	 * @param manager gives and renews tokens
	 * @param service keeps them, {@code null} if only the manager knows where they are
	 * @param registrations the registrations
	 * @param threads threads that may block
	 */
	public record Servlet(OAuth2AuthorizedClientManager manager, @Nullable OAuth2AuthorizedClientService service,
			ClientRegistrationRepository registrations, WorkThreads threads) implements Backend {

		@Override
		public Mono<OAuth2AuthorizedClient> authorize(OAuth2AuthorizeRequest request) {
			return Mono.fromCallable(() -> this.manager.authorize(request)).subscribeOn(this.threads.blocking());
		}

		@Override
		public Mono<OAuth2AuthorizedClient> stored(String registration, String user) {
			OAuth2AuthorizedClientService service = this.service;
			return (service != null)
					? Mono.fromCallable(() -> service.<OAuth2AuthorizedClient>loadAuthorizedClient(registration, user))
						.subscribeOn(this.threads.blocking())
					: Mono.empty();
		}

		@Override
		public Mono<ClientRegistration> registration(String id) {
			return Mono.fromCallable(() -> this.registrations.findByRegistrationId(id))
				.subscribeOn(this.threads.blocking());
		}

	}

	/**
	 * The beans of a WebFlux application.
	 *
	 * @param manager gives and renews tokens
	 * @param service keeps them, {@code null} if only the manager knows where they are
	 * @param registrations the registrations
	 */
	public record Reactive(ReactiveOAuth2AuthorizedClientManager manager,
			@Nullable ReactiveOAuth2AuthorizedClientService service,
			ReactiveClientRegistrationRepository registrations) implements Backend {

		@Override
		public Mono<OAuth2AuthorizedClient> authorize(OAuth2AuthorizeRequest request) {
			return Mono.defer(() -> this.manager.authorize(request));
		}

		@Override
		public Mono<OAuth2AuthorizedClient> stored(String registration, String user) {
			ReactiveOAuth2AuthorizedClientService service = this.service;
			return (service != null)
					? Mono.defer(() -> service.<OAuth2AuthorizedClient>loadAuthorizedClient(registration, user))
					: Mono.empty();
		}

		@Override
		public Mono<ClientRegistration> registration(String id) {
			return Mono.defer(() -> this.registrations.findByRegistrationId(id));
		}

	}

	/**
	 * The client of one user.
	 */
	private final class Client implements AuthorizedClient {

		private final McpServer server;

		private final GrantKey key;

		private final String registration;

		private final Authentication user;

		Client(McpServer server, GrantKey key, Authentication user) {
			this.server = server;
			this.key = key;
			this.registration = String.valueOf(server.oauth().registration());
			this.user = user;
		}

		@Override
		public Mono<ClientToken> token(@Nullable ClientToken rejected) {
			SpringSecurityClients clients = SpringSecurityClients.this;
			Mono<OAuth2AuthorizedClient> asked = clients.backend.authorize(
					OAuth2AuthorizeRequest.withClientRegistrationId(this.registration).principal(this.user).build());
			Mono<OAuth2AuthorizedClient> renewed = (rejected != null)
					? asked.flatMap((client) -> is(client, rejected) ? renewed(client) : Mono.just(client)) : asked;
			return clients.threads.within(renewed, clients.timeout)
				.switchIfEmpty(Mono.error(() -> loginRequired(
						"Spring Security has no token of registration '%s'".formatted(this.registration), null)))
				.map(Client::token)
				.onErrorMap((ex) -> !(ex instanceof McpOAuthException), this::failure);
		}

		private static boolean is(OAuth2AuthorizedClient client, ClientToken token) {
			return token.token().value().equals(Secret.of(client.getAccessToken().getTokenValue()));
		}

		/**
		 * Spring Security renews a token that has expired. It does not know that the MCP
		 * server rejected this one, so it is handed over as expired.
		 */
		private Mono<OAuth2AuthorizedClient> renewed(OAuth2AuthorizedClient client) {
			OAuth2AccessToken token = client.getAccessToken();
			Instant expired = SpringSecurityClients.this.clock.instant().minus(LONG_AGO);
			OAuth2AuthorizedClient replaced = new OAuth2AuthorizedClient(client.getClientRegistration(),
					client.getPrincipalName(), new OAuth2AccessToken(token.getTokenType(), token.getTokenValue(),
							expired.minus(LONG_AGO), expired, token.getScopes()),
					client.getRefreshToken());
			return SpringSecurityClients.this.backend
				.authorize(OAuth2AuthorizeRequest.withAuthorizedClient(replaced).principal(this.user).build());
		}

		@Override
		public Mono<ClientToken> stored() {
			SpringSecurityClients clients = SpringSecurityClients.this;
			return clients.threads
				.within(clients.backend.stored(this.registration, this.user.getName()), clients.timeout)
				.map(Client::token)
				.onErrorResume((ex) -> Mono.empty());
		}

		private static ClientToken token(OAuth2AuthorizedClient client) {
			OAuth2AccessToken token = client.getAccessToken();
			ClientRegistration registration = client.getClientRegistration();
			OAuth2RefreshToken refreshToken = client.getRefreshToken();
			String issuer = registration.getProviderDetails().getIssuerUri();
			return new ClientToken(
					new AccessToken(Secret.of(token.getTokenValue()), token.getTokenType().getValue(),
							token.getExpiresAt()),
					new GrantDetails((issuer != null) ? issuer : authority(registration), registration.getClientId(),
							null, token.getScopes(), token.getIssuedAt(), token.getExpiresAt(), refreshToken != null));
		}

		private static String authority(ClientRegistration registration) {
			URI endpoint = URI.create(registration.getProviderDetails().getTokenUri());
			return endpoint.getScheme() + "://" + endpoint.getAuthority();
		}

		/**
		 * Only the code of an error is repeated: a description may hold anything.
		 */
		private McpOAuthException failure(Throwable failure) {
			if (failure instanceof ClientAuthorizationRequiredException) {
				return loginRequired(
						"the user has not logged in with registration '%s' of Spring Security, or that login has ended"
							.formatted(this.registration),
						null);
			}
			String code = (failure instanceof OAuth2AuthorizationException refused) ? refused.getError().getErrorCode()
					: null;
			if (!(failure instanceof ClientAuthorizationException) || code == null || PASSING.contains(code)) {
				return new TransientAuthorizationException(this.server.name(),
						"Spring Security got no token of registration '%s': %s".formatted(this.registration,
								(code != null) ? UntrustedText.quote(code) : "the request failed"),
						null, null);
			}
			String reason = "the authorization server of registration '%s' refused a token with %s"
				.formatted(this.registration, UntrustedText.quote(code));
			return "invalid_grant".equals(code) ? loginRequired(reason, null) : loginRequired(reason,
					"Check 'spring.security.oauth2.client.registration.%s'".formatted(this.registration));
		}

		private LoginRequiredException loginRequired(String reason, @Nullable String correction) {
			return new LoginRequiredException(this.server, this.key, reason, correction);
		}

	}

}
