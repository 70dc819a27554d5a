// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Endpoint;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Sender;
import io.github.mcpoauth.internal.work.BoundedMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * The token endpoint (RFC 6749, section 3.2). Every mono is one request, sent when it is
 * subscribed to, or two if the first one was refused for its DPoP proof (RFC 9449,
 * section 8), and fails with
 * <ul>
 * <li>{@link RefusedException} when the server answered with an error code, under any
 * HTTP status. A 401 that says nothing else is {@code invalid_client}: it speaks of how
 * the client authenticated;</li>
 * <li>{@link UnavailableException} when the request was not sent, or the answer says
 * nothing: 5xx, 429, a redirect, a page of HTML, no access token in it; also when it says
 * no to our DPoP proof and nothing else;</li>
 * <li>{@link UnknownOutcomeException} when the request was sent and no complete answer
 * came back in time, so that its refresh token or code may be spent;</li>
 * <li>{@link UnusableException} when nothing was sent because the endpoint, or how the
 * client would have to authenticate there, is not acceptable.</li>
 * </ul>
 */
public final class TokenEndpoint {

	private static final String SLOW_DOWN = "slow_down";

	private static final String NAME = "token endpoint";

	private static final int MOST_ENDPOINTS = 1000;

	private final Transport transport;

	private final Duration timeout;

	private final Clock clock;

	private final ProofExpectations expectations = new ProofExpectations();

	/**
	 * Endpoints that ask for the client identifier in the body beside HTTP Basic.
	 */
	private final Set<URI> naming = Collections.newSetFromMap(BoundedMap.dropLeastRecentlyUsed(MOST_ENDPOINTS));

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock says when a request is sent
	 */
	public TokenEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.timeout = settings.tokenTimeout();
		this.transport = new Transport(clients, settings, clock);
		this.clock = clock;
	}

	/**
	 * The bound of one exchange.
	 * @return the time after which an exchange counts as one of unknown outcome
	 */
	public Duration timeout() {
		return this.timeout;
	}

	/**
	 * Spend a refresh token on a new access token (RFC 6749, section 6). The resource
	 * indicator of the grant goes along, unless the grant records that the server refused
	 * it, or the settings switch it off.
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
			String method = ClientAuthentications.method(client, grant, List.of());
			AuthorizationGrant credentials = new RefreshTokenGrant(new RefreshToken(refreshToken.reveal()));
			Instant sentAt = this.clock.instant();
			return send(server, new Endpoint(NAME, endpoint, grant.issuer()), sender(client, method, endpoint, grant),
					credentials, sendResource ? grant.resource() : null, key(grant), refreshToken)
				.map((answer) -> renew(grant, client, TokenResult.of(answer).orElseThrow(), sentAt))
				.map((renewed) -> remember(renewed, endpoint));
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

	private Sender sender(OAuthClient client, String method, URI endpoint, @Nullable Grant grant) {
		boolean remembered = grant != null && Boolean.TRUE.equals(grant.additional().get(ClientAuthentications.NAMED));
		return new Sender(client, method, remembered || this.naming.contains(endpoint));
	}

	/**
	 * Note in the grant that the server asks for the client identifier in the body, so
	 * that the next refresh, also of another process, does not find that out again.
	 */
	private Grant remember(Grant grant, URI endpoint) {
		if (!this.naming.contains(endpoint)) {
			return grant;
		}
		Map<String, Object> additional = new LinkedHashMap<>(grant.additional());
		additional.put(ClientAuthentications.NAMED, true);
		return grant.mutate().additional(additional).build();
	}

	private static Grant renew(Grant grant, OAuthClient client, TokenResult.Granted tokens, Instant sentAt) {
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
	 * @param request the authorization request
	 * @param code the code from its response
	 * @param client the client that requested the code
	 * @return a mono with the grant, of generation 0. Its expiry counts from before the
	 * request was sent
	 */
	public Mono<Grant> exchange(McpServer server, AuthorizationRequest request, Secret code, OAuthClient client) {
		AuthorizationGrant credentials = new AuthorizationCodeGrant(new AuthorizationCode(code.reveal()),
				request.redirectUri(), new CodeVerifier(request.codeVerifier().reveal()));
		return exchange(server, request.audience(), client, credentials, false, code, request.codeVerifier());
	}

	/**
	 * Ask once whether the user has confirmed a device code (RFC 8628, section 3.4). Two
	 * more failures than above mean to ask again, both of them a
	 * {@link RefusedException}: {@code authorization_pending}, and {@code slow_down}
	 * under any HTTP status.
	 * @param server the MCP server the grant will be for
	 * @param authorization the device authorization
	 * @param client the client that requested the code
	 * @return a mono with the grant, of generation 0. Its expiry counts from before the
	 * request was sent
	 */
	public Mono<Grant> exchange(McpServer server, DeviceAuthorization authorization, OAuthClient client) {
		AuthorizationGrant credentials = new DeviceCodeGrant(new DeviceCode(authorization.deviceCode().reveal()));
		return exchange(server, authorization.audience(), client, credentials, true, authorization.deviceCode());
	}

	private Mono<Grant> exchange(McpServer server, TokenAudience audience, OAuthClient client,
			AuthorizationGrant credentials, boolean polls, Secret... secrets) {
		return Mono.defer(() -> {
			String method = ClientAuthentications.method(client, audience.authMethods());
			Instant sentAt = this.clock.instant();
			return send(server, new Endpoint(NAME, audience.tokenEndpoint(), audience.issuer()),
					sender(client, method, audience.tokenEndpoint(), null), credentials, audience.resource(),
					audience.dpopKey(), secrets)
				.doOnNext((answer) -> requireNoHurry(answer, polls))
				.map((answer) -> TokenResult.of(answer).orElseThrow())
				.map((tokens) -> begin(tokens, sentAt, audience, client, method).refreshToken(tokens.refreshToken())
					.build())
				.map((grant) -> remember(grant, audience.tokenEndpoint()));
		});
	}

	private static void requireNoHurry(OAuthResponse answer, boolean polls) {
		if (polls && SLOW_DOWN.equals(answer.text("error"))) {
			throw new RefusedException("%s answered '%s'".formatted(answer.from(), SLOW_DOWN), SLOW_DOWN,
					answer.status());
		}
	}

	private static Grant.Builder begin(TokenResult.Granted tokens, Instant sentAt, TokenAudience audience,
			@Nullable OAuthClient client, String method) {
		requireKey(tokens, audience.dpopKey());
		return Grant.with(tokens.accessToken())
			.tokenType(tokens.tokenType())
			.issuedAt(sentAt)
			.expiresAt(tokens.expiresAt(sentAt))
			.scope(tokens.scope().isEmpty() ? audience.scopes() : tokens.scope())
			.issuer(audience.issuer())
			.tokenEndpoint(audience.tokenEndpoint())
			.clientId((client != null) ? client.clientId() : null)
			.resource(audience.resource())
			.dpopKey((audience.dpopKey() != null) ? audience.dpopKey().toSecret() : null)
			.additional(Map.of(ClientAuthentications.MEMBER, method, Grant.REQUESTED_SCOPE,
					String.join(" ", audience.scopes())));
	}

	/**
	 * Request a grant without a user (RFC 6749, section 4.4; RFC 7523, section 2.1; RFC
	 * 8693, section 2.1). A refresh token in the answer is not kept: the next grant is
	 * requested with the same kind of credential.
	 * @param server the MCP server the grant will be for
	 * @param request the request
	 * @param client the client that asks, {@code null} if the credential is enough
	 * @return a mono with the grant, of generation 0. Its expiry counts from before the
	 * request was sent
	 */
	public Mono<Grant> request(McpServer server, GrantRequest request, @Nullable OAuthClient client) {
		return Mono.defer(() -> {
			TokenAudience audience = request.audience();
			String method = (client != null) ? ClientAuthentications.method(client, audience.authMethods())
					: ClientAuthentications.NONE;
			Instant sentAt = this.clock.instant();
			return send(server, new Endpoint(NAME, audience.tokenEndpoint(), audience.issuer()),
					(client != null) ? sender(client, method, audience.tokenEndpoint(), null) : null,
					new DirectGrant(request), audience.resource(), audience.dpopKey(),
					request.secrets().values().toArray(Secret[]::new))
				.map((answer) -> begin(request, client, method, TokenResult.of(answer.toSigned()).orElseThrow(),
						sentAt))
				.map((grant) -> remember(grant, audience.tokenEndpoint()));
		});
	}

	private static Grant begin(GrantRequest request, @Nullable OAuthClient client, String method,
			TokenResult.Granted tokens, Instant sentAt) {
		Map<String, Object> additional = new LinkedHashMap<>();
		additional.put(Grant.GRANT_TYPE, request.grantType().value());
		additional.put(ClientAuthentications.MEMBER, method);
		additional.put(Grant.REQUESTED_SCOPE, String.join(" ", request.audience().scopes()));
		if (tokens.issuedTokenType() != null) {
			additional.put(Grant.ISSUED_TOKEN_TYPE, tokens.issuedTokenType());
		}
		return begin(tokens, sentAt, request.audience(), client, method).additional(additional).build();
	}

	private static void requireKey(TokenResult.Granted tokens, @Nullable DPoPKey key) {
		if (key == null && ProofOfPossession.DPOP.equalsIgnoreCase(tokens.tokenType())) {
			throw new UnusableException(
					"The authorization server issued a token that is bound to a key (token type DPoP) although none was offered. Set 'dpop' to true");
		}
	}

	private Mono<OAuthResponse> send(McpServer server, Endpoint endpoint, @Nullable Sender sender,
			AuthorizationGrant credentials, @Nullable String resource, @Nullable DPoPKey key, Secret... secrets) {
		Mono<OAuthResponse> once = this.transport
			.exchange(new EndpointRequest(server, endpoint, sender, List.of(secrets), (uri, authentication) -> {
				HTTPRequest http = content(uri, sender, authentication, credentials, resource);
				if (key != null) {
					http.setHeader(ProofOfPossession.DPOP,
							key.proof(http.getMethod().name(), uri, null, this.expectations.of(place(uri, key))));
				}
				return http;
			}));
		Mono<OAuthResponse> proven = (key != null) ? proving(endpoint.uri(), key, once) : once;
		if (sender == null || sender.named() || !ClientAuthentications.CLIENT_SECRET_BASIC.equals(sender.method())) {
			return proven;
		}
		return proven.flatMap((answer) -> {
			if (!asksForClientId(answer)) {
				return Mono.just(answer);
			}
			this.naming.add(endpoint.uri());
			return send(server, endpoint, new Sender(sender.client(), sender.method(), true), credentials, resource,
					key, secrets);
		});
	}

	/**
	 * Some servers look for the client in the body although it authenticated with HTTP
	 * Basic. They reject the request before they process its token or code.
	 */
	private static boolean asksForClientId(OAuthResponse answer) {
		if (answer.status() != 400 && answer.status() != 401) {
			return false;
		}
		ErrorWords error = ErrorWords.of(answer.body());
		String words = (error.description() != null) ? error.description() : "";
		String start = words.substring(0, Math.min(words.length(), 500)).toLowerCase(Locale.ROOT);
		boolean aboutRequest = error.code() == null || "invalid_request".equals(error.code())
				|| "invalid_client".equals(error.code());
		return aboutRequest && (start.contains("client_id") || start.contains("client id"));
	}

	private static HTTPRequest content(URI uri, @Nullable Sender sender, @Nullable ClientAuthentication authentication,
			AuthorizationGrant credentials, @Nullable String resource) {
		TokenRequest.Builder request = (authentication != null)
				? new TokenRequest.Builder(uri, authentication, credentials)
				: (sender != null)
						? new TokenRequest.Builder(uri, new ClientID(sender.client().clientId()), credentials)
						: new TokenRequest.Builder(uri, credentials);
		if (resource != null) {
			// Not as a URI, so that it is sent byte for byte
			request.customParameter("resource", resource);
		}
		return request.build().toHTTPRequest();
	}

	/**
	 * A server that rejects a proof has not processed the rest of the request, so the
	 * request may be repeated.
	 */
	private Mono<OAuthResponse> proving(URI endpoint, DPoPKey key, Mono<OAuthResponse> once) {
		return once
			.flatMap((answer) -> isForAnotherProof(endpoint, key, answer)
					? once.doOnNext((second) -> isForAnotherProof(endpoint, key, second)) : Mono.just(answer))
			.doOnNext((answer) -> {
				if (isAboutProof(answer)) {
					throw answer.unavailable("%s does not accept our DPoP proof: %s".formatted(answer.from(),
							answer.toSigned().failure().getMessage()));
				}
			});
	}

	private boolean isForAnotherProof(URI endpoint, DPoPKey key, OAuthResponse answer) {
		return this.expectations.heard(place(endpoint, key), isAboutProof(answer) ? answer.text("error") : null,
				answer.headers().proofHints(), this.clock.instant());
	}

	private static boolean isAboutProof(OAuthResponse answer) {
		String error = answer.isSuccess() ? null : answer.text("error");
		return ProofExpectations.USE_DPOP_NONCE.equals(error) || ProofExpectations.INVALID_DPOP_PROOF.equals(error);
	}

	/**
	 * A nonce may be good for one key only.
	 */
	private static String place(URI endpoint, DPoPKey key) {
		return HttpAddress.origin(endpoint) + " " + key.thumbprint();
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
			if (!request.audience().scopes().isEmpty()) {
				this.parameters.put("scope", List.of(String.join(" ", request.audience().scopes())));
			}
		}

		@Override
		public Map<String, List<String>> toParameters() {
			return this.parameters;
		}

	}

}
