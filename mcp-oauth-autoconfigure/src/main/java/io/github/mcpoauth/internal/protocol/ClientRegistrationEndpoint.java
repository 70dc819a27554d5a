// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.client.ClientRegistrationRequest;
import com.nimbusds.openid.connect.sdk.rp.ApplicationType;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Endpoint;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The client registration endpoint (RFC 7591, section 3).
 */
public final class ClientRegistrationEndpoint {

	private static final Set<String> UNDERSTOOD = Set.of("client_id", "client_secret", "client_secret_expires_at",
			"token_endpoint_auth_method", "redirect_uris", "scope");

	private final Transport transport;

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock the clock
	 */
	public ClientRegistrationEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.transport = new Transport(clients, settings, clock);
	}

	/**
	 * Register a client for the authorization code and refresh token grants, and the
	 * device authorization grant if it wants that.
	 * @param server the MCP server the client is for
	 * @param endpoint the registration endpoint
	 * @param registration the metadata to register
	 * @param issuer issuer of the authorization server, which the client is bound to
	 * @return a mono with the client as the server registered it, which may differ from
	 * the request. Fails with {@link RefusedException} when the server answered with an
	 * error code, for example {@code invalid_redirect_uri}; with
	 * {@link UnusableException} when it does not support registration, or the address is
	 * not acceptable; with {@link UnavailableException} and
	 * {@link UnknownOutcomeException} when it may pass
	 */
	public Mono<OAuthClient> register(McpServer server, URI endpoint, Registration registration, String issuer) {
		return this.transport
			.exchange(new EndpointRequest(server, new Endpoint("registration endpoint", endpoint, issuer), null,
					List.of(),
					(uri, none) -> new ClientRegistrationRequest(uri, metadata(registration), null).toHTTPRequest()))
			.map((answer) -> client(answer, registration, issuer));
	}

	private static OIDCClientMetadata metadata(Registration registration) {
		OIDCClientMetadata metadata = new OIDCClientMetadata();
		metadata.setName(registration.clientName());
		metadata.setRedirectionURI(registration.redirectUri());
		if (registration.isSent(Registration.APPLICATION_TYPE)) {
			metadata.setApplicationType(registration.isNative() ? ApplicationType.NATIVE : ApplicationType.WEB);
		}
		if (registration.isSent(Registration.GRANT_TYPES)) {
			metadata.setGrantTypes(registration.grantTypes());
		}
		if (registration.isSent(Registration.RESPONSE_TYPES)) {
			metadata.setResponseTypes(Set.of(ResponseType.CODE));
		}
		if (registration.isSent(Registration.AUTH_METHOD)) {
			metadata
				.setTokenEndpointAuthMethod(ClientAuthenticationMethod.parse(registration.tokenEndpointAuthMethod()));
		}
		if (registration.dpopBound()) {
			metadata.setDPoPBoundAccessTokens(true);
		}
		if (registration.isSent(Registration.SCOPE)) {
			metadata.setScope(new Scope(registration.scopes().toArray(String[]::new)));
		}
		return metadata;
	}

	private static OAuthClient client(OAuthResponse answer, Registration registration, String issuer) {
		Map<String, Object> members = answer.members();
		String clientId = (members != null) ? identifier(members.get("client_id")) : null;
		if (!answer.isSuccess() || members == null || clientId == null) {
			throw refusal(answer);
		}
		Secret clientSecret = secret(members.get("client_secret"));
		Set<String> redirectUris = new LinkedHashSet<>(Members.texts(members, "redirect_uris"));
		Set<String> scope = new LinkedHashSet<>(Members.texts(members, "scope"));
		Map<String, Object> additional = new LinkedHashMap<>(members);
		additional.keySet().removeAll(UNDERSTOOD);
		additional.computeIfAbsent(Registration.GRANT_TYPES,
				(name) -> registration.grantTypes().stream().map(GrantType::getValue).toList());
		return OAuthClient.with(clientId, OAuthClient.Origin.REGISTERED)
			.secret(clientSecret)
			.authMethod(authMethod(members, registration, clientSecret))
			.issuer(issuer)
			.secretExpiresAt(expiry(members.get("client_secret_expires_at")))
			.redirectUris(redirectUris.isEmpty() ? Set.of(registration.redirectUri().toString()) : redirectUris)
			.scope(scope.isEmpty() ? registration.scopes() : scope)
			.additional(additional)
			.build();
	}

	/**
	 * A server that does not repeat the method has registered the requested one or the
	 * default (RFC 7591, section 2), unless the secret it issued contradicts that.
	 */
	private static String authMethod(Map<String, Object> members, Registration registration,
			@Nullable Secret clientSecret) {
		String method = Members.text(members, "token_endpoint_auth_method");
		if (method != null) {
			return method;
		}
		if (clientSecret == null) {
			return ClientAuthentications.NONE;
		}
		return registration.isSent(Registration.AUTH_METHOD) ? registration.tokenEndpointAuthMethod()
				: ClientAuthentications.CLIENT_SECRET_BASIC;
	}

	/**
	 * Some servers write their identifiers as numbers.
	 */
	private static @Nullable String identifier(@Nullable Object value) {
		boolean usable = (value instanceof String text && !text.isBlank()) || value instanceof Number;
		return usable ? String.valueOf(value) : null;
	}

	private static @Nullable Secret secret(@Nullable Object value) {
		return (value instanceof String text && !text.isBlank()) ? Secret.of(text) : null;
	}

	/**
	 * Zero is how RFC 7591 says never.
	 */
	private static @Nullable Instant expiry(@Nullable Object value) {
		long seconds = (value instanceof Number number) ? number.longValue() : 0;
		return (seconds > 0 && seconds < Instant.MAX.getEpochSecond()) ? Instant.ofEpochSecond(seconds) : null;
	}

	private static ExchangeException refusal(OAuthResponse answer) {
		ExchangeException failure = answer.failure();
		boolean closed = failure instanceof UnavailableException && !answer.isSuccess() && answer.isAbsent();
		return closed
				? new UnusableException(
						"%s, so a client has to be registered by hand".formatted(String.valueOf(failure.getMessage())))
				: failure;
	}

}
