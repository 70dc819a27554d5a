// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.net.URI;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

import io.github.mcpoauth.benchmarks.Starter.Tokens;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.SpringSecurityCoreVersion;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.InMemoryOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.InMemoryReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.RemoveAuthorizedClientReactiveOAuth2AuthorizationFailureHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.reactive.function.client.ServerOAuth2AuthorizedClientExchangeFilterFunction;
import org.springframework.security.oauth2.client.web.reactive.function.client.ServletOAuth2AuthorizedClientExchangeFilterFunction;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Other filters that put a token into a request.
 */
final class Peers {

	/**
	 * The version of Spring Security.
	 */
	static final @Nullable String SPRING_SECURITY = SpringSecurityCoreVersion.getVersion();

	private static final String REGISTRATION = "mcp";

	private static final Authentication ANONYMOUS = new AnonymousAuthenticationToken("key", "anonymousUser",
			AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));

	private Peers() {
	}

	/**
	 * A header that never changes: the least that can be done.
	 * @param token the token
	 * @return the filter
	 */
	static ExchangeFilterFunction constantHeader(String token) {
		String authorization = "Bearer " + token;
		return (request, next) -> next.exchange(
				ClientRequest.from(request).headers((headers) -> headers.set("Authorization", authorization)).build());
	}

	/**
	 * A header that never changes, written when something was done that a file may tell.
	 * @param token the token
	 * @param look looks at a file
	 * @return the filter
	 */
	static ExchangeFilterFunction constantHeaderAfter(String token, Supplier<BasicFileAttributes> look) {
		ExchangeFilterFunction constantHeader = constantHeader(token);
		return (request, next) -> (look.get().size() >= 0) ? constantHeader.filter(request, next) : Mono.empty();
	}

	/**
	 * Spring Security's filter for reactive applications, with an authorized client in
	 * memory that a person logged in.
	 * @param tokens the tokens issued to the client
	 * @return the filter
	 */
	static ExchangeFilterFunction springSecurity(Tokens tokens) {
		return springSecurity(registration(tokens.endpoint(), AuthorizationGrantType.AUTHORIZATION_CODE), tokens,
				ReactiveOAuth2AuthorizedClientProviderBuilder.builder().refreshToken().build());
	}

	/**
	 * The same for a client that needs no user.
	 * @param tokens the tokens issued to the client
	 * @return the filter
	 */
	static ExchangeFilterFunction springSecurityClientCredentials(Tokens tokens) {
		return springSecurity(registration(tokens.endpoint(), AuthorizationGrantType.CLIENT_CREDENTIALS), tokens,
				ReactiveOAuth2AuthorizedClientProviderBuilder.builder().clientCredentials().build());
	}

	private static ExchangeFilterFunction springSecurity(ClientRegistration registration, Tokens tokens,
			ReactiveOAuth2AuthorizedClientProvider provider) {
		InMemoryReactiveClientRegistrationRepository registrations = new InMemoryReactiveClientRegistrationRepository(
				registration);
		InMemoryReactiveOAuth2AuthorizedClientService clients = new InMemoryReactiveOAuth2AuthorizedClientService(
				registrations);
		clients.saveAuthorizedClient(authorizedClient(registration, tokens), ANONYMOUS).block(Patience.LONG);
		AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager manager = new AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager(
				registrations, clients);
		manager.setAuthorizedClientProvider(provider);
		ServerOAuth2AuthorizedClientExchangeFilterFunction filter = new ServerOAuth2AuthorizedClientExchangeFilterFunction(
				manager);
		filter.setAuthorizationFailureHandler(new RemoveAuthorizedClientReactiveOAuth2AuthorizationFailureHandler(
				(client, principal, attributes) -> clients.removeAuthorizedClient(client, principal.getName())));
		filter.setDefaultClientRegistrationId(REGISTRATION);
		return filter;
	}

	/**
	 * Callers that make a request again that was refused.
	 * @param filter the filter of their client
	 * @return a filter that does so
	 */
	static ExchangeFilterFunction twice(ExchangeFilterFunction filter) {
		return (request, next) -> filter.filter(request, next)
			.flatMap((response) -> (response.statusCode().value() == 401)
					? response.releaseBody().then(filter.filter(request, next)) : Mono.just(response));
	}

	/**
	 * Spring Security's filter for servlet applications, with an authorized client in
	 * memory.
	 * @param tokens the tokens issued to the client
	 * @return the filter
	 */
	static ExchangeFilterFunction springSecurityServlet(Tokens tokens) {
		ClientRegistration registration = registration(tokens.endpoint(), AuthorizationGrantType.AUTHORIZATION_CODE);
		InMemoryClientRegistrationRepository registrations = new InMemoryClientRegistrationRepository(registration);
		InMemoryOAuth2AuthorizedClientService clients = new InMemoryOAuth2AuthorizedClientService(registrations);
		clients.saveAuthorizedClient(authorizedClient(registration, tokens), ANONYMOUS);
		AuthorizedClientServiceOAuth2AuthorizedClientManager manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(
				registrations, clients);
		manager.setAuthorizedClientProvider(OAuth2AuthorizedClientProviderBuilder.builder().refreshToken().build());
		ServletOAuth2AuthorizedClientExchangeFilterFunction filter = new ServletOAuth2AuthorizedClientExchangeFilterFunction(
				manager);
		filter.setDefaultClientRegistrationId(REGISTRATION);
		return filter;
	}

	private static OAuth2AuthorizedClient authorizedClient(ClientRegistration registration, Tokens tokens) {
		Instant now = Instant.now();
		return new OAuth2AuthorizedClient(
				registration, ANONYMOUS.getName(), new OAuth2AccessToken(OAuth2AccessToken.TokenType.BEARER,
						tokens.access(), now, now.plus(Duration.ofDays(30))),
				new OAuth2RefreshToken(tokens.refresh(), now));
	}

	private static ClientRegistration registration(URI tokenEndpoint, AuthorizationGrantType type) {
		return ClientRegistration.withRegistrationId(REGISTRATION)
			.authorizationGrantType(type)
			.clientId("benchmark")
			.clientSecret("benchmark")
			.authorizationUri(tokenEndpoint.resolve("authorize").toString())
			.redirectUri("http://127.0.0.1/callback")
			.tokenUri(tokenEndpoint.toString())
			.build();
	}

}
