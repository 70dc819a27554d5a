// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.device.DeviceCode;
import com.nimbusds.oauth2.sdk.device.DeviceCodeGrant;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ProofOfPossession;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * The token endpoint (RFC 6749, section 3.2). Every mono is one request, sent when it is
 * subscribed to, or two if the first one was refused for its DPoP proof (RFC 9449,
 * section 8), and fails with
 * <ul>
 * <li>{@link RejectedException} when the server said no with an error code, whatever the
 * HTTP status. A 401 that says nothing else is {@code invalid_client}: it speaks of how
 * the client authenticated;</li>
 * <li>{@link UnavailableException} when the request was not sent, or the answer says
 * nothing: 5xx, 429, a redirect, a page of HTML, no access token in it; also when it says
 * no to our DPoP proof and nothing else;</li>
 * <li>{@link UnknownOutcomeException} when the request was sent and no complete answer
 * came back in time, so that what it carried may be spent;</li>
 * <li>{@link UnusableException} when nothing was sent because the endpoint, or how the
 * client would have to authenticate there, is not acceptable.</li>
 * </ul>
 */
public final class TokenEndpoint {

	private static final String SLOW_DOWN = "slow_down";

	private final Transport transport;

	private final UrlPolicy urlPolicy;

	private final Clock clock;

	private final ProofExpectations expectations = new ProofExpectations();

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock says when a request is sent
	 */
	public TokenEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.transport = new Transport(clients, settings, clock);
		this.urlPolicy = new UrlPolicy(settings);
		this.clock = clock;
	}

	/**
	 * Spend a refresh token on a new access token (RFC 6749, section 6). The resource
	 * indicator of the grant goes along, unless the grant says that it was refused, or
	 * the settings that none is sent.
	 * @param server the MCP server the grant is for
	 * @param grant the grant to renew, must have a refresh token and a token endpoint
	 * @param client the client that the grant was issued to
	 * @return a mono with the renewed grant, one generation on. Its expiry counts from
	 * before the request was sent, and it keeps the refresh token and the scope that the
	 * server leaves out
	 */
	public Mono<Grant> refresh(McpServer server, Grant grant, OAuthClient client) {
		Secret refreshToken = grant.refreshToken();
		URI endpoint = grant.tokenEndpoint();
		Assert.notNull(refreshToken, "'grant' must have a refresh token");
		Assert.notNull(endpoint, "'grant' must have a token endpoint");
		boolean sendResource = server.oauth().sendResource() && !grant.resourceRefused();
		return Mono.defer(() -> {
			ClientAuthentications.requireIssuer(client, grant.issuer());
			String method = ClientAuthentications.method(client, grant, List.of());
			AuthorizationGrant credentials = new RefreshTokenGrant(new RefreshToken(refreshToken.reveal()));
			Instant sentAt = this.clock.instant();
			return send(server, endpoint, client, grant.issuer(), method, credentials,
					sendResource ? grant.resource() : null, key(grant),
					Redaction.of(refreshToken, client.clientSecret()))
				.map((answer) -> renew(grant, client, TokenResponseReader.of(answer), sentAt));
		});
	}

	private @Nullable DPoPKey key(Grant grant) {
		try {
			return (grant.dpopKey() != null) ? DPoPKey.of(grant.dpopKey(), this.clock) : null;
		}
		catch (IllegalArgumentException ex) {
			throw new UnusableException("The stored key that the grant is bound to cannot be used: " + ex.getMessage());
		}
	}

	private static Grant renew(Grant grant, OAuthClient client, TokenResponseReader tokens, Instant sentAt) {
		return grant.mutate()
			.accessToken(tokens.accessToken())
			.tokenType(tokens.tokenType())
			.refreshToken((tokens.refreshToken() != null) ? tokens.refreshToken() : grant.refreshToken())
			.issuedAt(sentAt)
			.expiresAt(tokens.expiresAt(sentAt))
			.scope(tokens.scope().isEmpty() ? grant.scope() : tokens.scope())
			.clientId(client.clientId())
			.generation(grant.generation() + 1)
			.build();
	}

	/**
	 * Turn an authorization code into a grant (RFC 6749, section 4.1.3).
	 * @param server the MCP server the grant will be for
	 * @param exchange the code and what belongs to it
	 * @param client the client that asked for the code
	 * @return a mono with the grant, of generation 0. Its expiry counts from before the
	 * request was sent
	 */
	public Mono<Grant> exchange(McpServer server, CodeExchange exchange, OAuthClient client) {
		return Mono.defer(() -> {
			ClientAuthentications.requireIssuer(client, exchange.issuer());
			String method = ClientAuthentications.method(client, exchange.authMethodsSupported());
			AuthorizationGrant credentials = new AuthorizationCodeGrant(new AuthorizationCode(exchange.code().reveal()),
					exchange.redirectUri(), new CodeVerifier(exchange.codeVerifier().reveal()));
			Instant sentAt = this.clock.instant();
			return send(server, exchange.tokenEndpoint(), client, exchange.issuer(), method, credentials,
					exchange.resource(), exchange.dpopKey(),
					Redaction.of(exchange.code(), exchange.codeVerifier(), client.clientSecret()))
				.map((answer) -> begin(TokenResponseReader.of(answer), sentAt, client, method,
						exchange.requestedScopes(), exchange.dpopKey())
					.issuer(exchange.issuer())
					.tokenEndpoint(exchange.tokenEndpoint())
					.resource(exchange.resource())
					.build());
		});
	}

	/**
	 * Ask once whether the person has confirmed a device code (RFC 8628, section 3.4).
	 * Besides the failures above there are two that mean to ask again, both of them a
	 * {@link RejectedException}: {@code authorization_pending}, and {@code slow_down}
	 * whatever the HTTP status.
	 * @param server the MCP server the grant will be for
	 * @param authorization the device code and what belongs to it
	 * @param client the client that asked for the code
	 * @param dpopKey the key to bind the tokens to, {@code null} for none
	 * @return a mono with the grant, of generation 0. Its expiry counts from before the
	 * request was sent
	 */
	public Mono<Grant> exchange(McpServer server, DeviceAuthorization authorization, OAuthClient client,
			@Nullable DPoPKey dpopKey) {
		return Mono.defer(() -> {
			ClientAuthentications.requireIssuer(client, authorization.issuer());
			String method = ClientAuthentications.method(client, authorization.authMethodsSupported());
			AuthorizationGrant credentials = new DeviceCodeGrant(new DeviceCode(authorization.deviceCode().reveal()));
			Instant sentAt = this.clock.instant();
			return send(server, authorization.tokenEndpoint(), client, authorization.issuer(), method, credentials,
					authorization.resource(), dpopKey, Redaction.of(authorization.deviceCode(), client.clientSecret()))
				.doOnNext(TokenEndpoint::requireNoHurry)
				.map((answer) -> begin(TokenResponseReader.of(answer), sentAt, client, method, authorization.scopes(),
						dpopKey)
					.issuer(authorization.issuer())
					.tokenEndpoint(authorization.tokenEndpoint())
					.resource(authorization.resource())
					.build());
		});
	}

	private static void requireNoHurry(OAuthResponse answer) {
		if (SLOW_DOWN.equals(answer.text("error"))) {
			throw new RejectedException("%s answered '%s'".formatted(answer.from(), SLOW_DOWN), SLOW_DOWN,
					answer.status());
		}
	}

	private static Grant.Builder begin(TokenResponseReader tokens, Instant sentAt, OAuthClient client, String method,
			Set<String> requestedScopes, @Nullable DPoPKey key) {
		requireKey(tokens, key);
		return Grant.with(tokens.accessToken())
			.tokenType(tokens.tokenType())
			.refreshToken(tokens.refreshToken())
			.issuedAt(sentAt)
			.expiresAt(tokens.expiresAt(sentAt))
			.scope(tokens.scope().isEmpty() ? requestedScopes : tokens.scope())
			.clientId(client.clientId())
			.dpopKey((key != null) ? key.toSecret() : null)
			.additional(Map.of(ClientAuthentications.MEMBER, method, Grant.REQUESTED_SCOPE,
					String.join(" ", requestedScopes)));
	}

	/**
	 * Ask for a grant without a person (RFC 6749, section 4.4; RFC 7523, section 2.1; RFC
	 * 8693, section 2.1). A refresh token that comes with it is not kept: whatever the
	 * grant was asked for with has to be shown again for the next one.
	 * @param server the MCP server the grant will be for
	 * @param request what to ask for, and what with
	 * @param client the client that asks, {@code null} if what it shows says enough
	 * @return a mono with the grant, of generation 0. Its expiry counts from before the
	 * request was sent
	 */
	public Mono<Grant> request(McpServer server, GrantRequest request, @Nullable OAuthClient client) {
		return Mono.defer(() -> {
			String method = ClientAuthentications.NONE;
			if (client != null) {
				ClientAuthentications.requireIssuer(client, request.issuer());
				method = ClientAuthentications.method(client, request.authMethodsSupported());
			}
			String authMethod = method;
			List<@Nullable Secret> secrets = new ArrayList<>(request.secrets().values());
			secrets.add((client != null) ? client.clientSecret() : null);
			Instant sentAt = this.clock.instant();
			return send(server, request.tokenEndpoint(), client, request.issuer(), method, new DirectGrant(request),
					request.resource(), request.dpopKey(), Redaction.of(secrets.toArray(Secret[]::new)))
				.map((answer) -> begin(request, client, authMethod, TokenResponseReader.of(answer), sentAt));
		});
	}

	private static Grant begin(GrantRequest request, @Nullable OAuthClient client, String method,
			TokenResponseReader tokens, Instant sentAt) {
		requireKey(tokens, request.dpopKey());
		Map<String, Object> additional = new LinkedHashMap<>();
		additional.put(Grant.GRANT_TYPE, request.grantType().value());
		additional.put(ClientAuthentications.MEMBER, method);
		additional.put(Grant.REQUESTED_SCOPE, String.join(" ", request.requestedScopes()));
		if (tokens.issuedTokenType() != null) {
			additional.put(Grant.ISSUED_TOKEN_TYPE, tokens.issuedTokenType());
		}
		return Grant.with(tokens.accessToken())
			.tokenType(tokens.tokenType())
			.issuedAt(sentAt)
			.expiresAt(tokens.expiresAt(sentAt))
			.scope(tokens.scope().isEmpty() ? request.requestedScopes() : tokens.scope())
			.issuer(request.issuer())
			.tokenEndpoint(request.tokenEndpoint())
			.clientId((client != null) ? client.clientId() : null)
			.resource(request.resource())
			.dpopKey((request.dpopKey() != null) ? request.dpopKey().toSecret() : null)
			.additional(additional)
			.build();
	}

	private static void requireKey(TokenResponseReader tokens, @Nullable DPoPKey key) {
		if (key == null && ProofOfPossession.DPOP.equalsIgnoreCase(tokens.tokenType())) {
			throw new UnusableException(
					"The authorization server issued a token that is bound to a key (token type DPoP) although none was offered. Set 'dpop' to true");
		}
	}

	private Mono<OAuthResponse> send(McpServer server, URI endpoint, @Nullable OAuthClient client,
			@Nullable String issuer, String method, AuthorizationGrant credentials, @Nullable String resource,
			@Nullable DPoPKey key, Redaction redaction) {
		this.urlPolicy.check(server, "The token endpoint", endpoint.toString());
		String from = "The token endpoint %s".formatted(UntrustedText.quote(endpoint.toString()));
		// Anew for each request: an assertion of the client is good for one, too
		Mono<OAuthResponse> once = Mono.defer(() -> authentication(client, method, endpoint, issuer))
			.flatMap((authentication) -> {
				TokenRequest.Builder request = builder(endpoint, client, authentication.orElse(null), credentials);
				if (resource != null) {
					// Not as a URI, so that it stays as it is
					request.customParameter("resource", resource);
				}
				HTTPRequest http = ClientAuthentications.identified(request.build().toHTTPRequest(), client,
						authentication.orElse(null));
				if (key != null) {
					http.setHeader(ProofOfPossession.DPOP, key.proof(http.getMethod().name(), endpoint, null,
							this.expectations.of(place(endpoint, key))));
				}
				return this.transport.post(server, from, http,
						redaction.and(http.getAuthorization()).andSignature(authentication.orElse(null)));
			});
		return (key != null) ? proving(endpoint, key, once) : once;
	}

	/**
	 * A key may be in a file.
	 */
	private Mono<Optional<ClientAuthentication>> authentication(@Nullable OAuthClient client, String method,
			URI endpoint, @Nullable String issuer) {
		if (client == null) {
			return Mono.just(Optional.empty());
		}
		return ClientAuthentications.authentication(client, method, endpoint, issuer, this.clock);
	}

	private static TokenRequest.Builder builder(URI endpoint, @Nullable OAuthClient client,
			@Nullable ClientAuthentication authentication, AuthorizationGrant credentials) {
		if (authentication != null) {
			return new TokenRequest.Builder(endpoint, authentication, credentials);
		}
		return (client != null) ? new TokenRequest.Builder(endpoint, new ClientID(client.clientId()), credentials)
				: new TokenRequest.Builder(endpoint, credentials);
	}

	/**
	 * A server that refuses a proof has not looked at what else the request carries, and
	 * has nothing against it.
	 */
	private Mono<OAuthResponse> proving(URI endpoint, DPoPKey key, Mono<OAuthResponse> once) {
		return once
			.flatMap((answer) -> isForAnotherProof(endpoint, key, answer)
					? once.doOnNext((second) -> isForAnotherProof(endpoint, key, second)) : Mono.just(answer))
			.doOnNext((answer) -> {
				if (isAboutProof(answer)) {
					throw answer.unavailable("%s does not accept our DPoP proof: %s".formatted(answer.from(),
							answer.failure().getMessage()));
				}
			});
	}

	private boolean isForAnotherProof(URI endpoint, DPoPKey key, OAuthResponse answer) {
		return this.expectations.heard(place(endpoint, key), isAboutProof(answer) ? answer.text("error") : null,
				answer.proofHints(), this.clock.instant());
	}

	private static boolean isAboutProof(OAuthResponse answer) {
		String error = answer.isSuccess() ? null : answer.text("error");
		return ProofExpectations.USE_DPOP_NONCE.equals(error) || ProofExpectations.INVALID_DPOP_PROOF.equals(error);
	}

	/**
	 * A nonce may be good for one key only.
	 */
	private static String place(URI endpoint, DPoPKey key) {
		return DPoPKey.origin(endpoint) + " " + key.thumbprint();
	}

	/**
	 * A grant by its parameters, which go out as they are.
	 */
	private static final class DirectGrant extends AuthorizationGrant {

		private final Map<String, List<String>> parameters = new LinkedHashMap<>();

		DirectGrant(GrantRequest request) {
			super(new GrantType(request.grantType().value()));
			this.parameters.put("grant_type", List.of(request.grantType().value()));
			request.secrets().forEach((name, secret) -> this.parameters.put(name, List.of(secret.reveal())));
			request.parameters().forEach((name, value) -> this.parameters.put(name, List.of(value)));
			if (!request.requestedScopes().isEmpty()) {
				this.parameters.put("scope", List.of(String.join(" ", request.requestedScopes())));
			}
		}

		@Override
		public Map<String, List<String>> toParameters() {
			return this.parameters;
		}

	}

}
