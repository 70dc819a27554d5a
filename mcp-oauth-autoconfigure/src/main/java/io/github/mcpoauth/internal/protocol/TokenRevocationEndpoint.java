// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;

import com.nimbusds.oauth2.sdk.TokenRevocationRequest;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.Token;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.text.UntrustedText;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * The token revocation endpoint (RFC 7009, section 2). Every mono is one request, ends
 * empty when the server answered with success, and fails as those of the
 * {@link TokenEndpoint} do.
 */
public final class TokenRevocationEndpoint {

	private final Transport transport;

	private final UrlPolicy urlPolicy;

	private final Clock clock;

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock the clock
	 */
	public TokenRevocationEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.transport = new Transport(clients, settings, clock);
		this.urlPolicy = new UrlPolicy(settings);
		this.clock = clock;
	}

	/**
	 * Revoke the refresh token, which takes the access tokens with it where the server
	 * supports that.
	 * @param server the MCP server the grant is for
	 * @param metadata metadata of the authorization server, which must name a revocation
	 * endpoint
	 * @param grant the grant, must have a refresh token
	 * @param client the client it was issued to
	 * @return an empty mono
	 */
	public Mono<Void> revokeRefreshToken(McpServer server, AuthorizationServerMetadata metadata, Grant grant,
			OAuthClient client) {
		Secret refreshToken = grant.refreshToken();
		Assert.notNull(refreshToken, "'grant' must have a refresh token");
		return revoke(server, metadata, grant, client, refreshToken, new RefreshToken(refreshToken.reveal()));
	}

	/**
	 * Revoke the access token.
	 * @param server the MCP server the grant is for
	 * @param metadata metadata of the authorization server, which must name a revocation
	 * endpoint
	 * @param grant the grant
	 * @param client the client it was issued to
	 * @return an empty mono
	 */
	public Mono<Void> revokeAccessToken(McpServer server, AuthorizationServerMetadata metadata, Grant grant,
			OAuthClient client) {
		Secret accessToken = grant.accessToken();
		return revoke(server, metadata, grant, client, accessToken, new BearerAccessToken(accessToken.reveal()));
	}

	private Mono<Void> revoke(McpServer server, AuthorizationServerMetadata metadata, Grant grant, OAuthClient client,
			Secret secret, Token token) {
		return Mono.defer(() -> {
			URI endpoint = metadata.revocationEndpoint();
			if (endpoint == null) {
				throw new UnusableException("The authorization server %s has no revocation endpoint"
					.formatted(UntrustedText.quote(metadata.issuer())));
			}
			this.urlPolicy.check(server, "The revocation endpoint", endpoint.toString());
			ClientAuthentications.requireIssuer(client, metadata.issuer());
			ClientAuthentications.requireIssuer(grant, metadata.issuer());
			String method = ClientAuthentications.method(client, grant, metadata.revocationAuthMethods());
			String from = "The revocation endpoint %s".formatted(UntrustedText.quote(endpoint.toString()));
			return ClientAuthentications.authentication(client, method, endpoint, metadata.issuer(), this.clock)
				.flatMap((authentication) -> {
					TokenRevocationRequest request = authentication.isPresent()
							? new TokenRevocationRequest(endpoint, authentication.get(), token)
							: new TokenRevocationRequest(endpoint, new ClientID(client.clientId()), token);
					HTTPRequest http = ClientAuthentications.identified(request.toHTTPRequest(), client,
							authentication.orElse(null));
					return this.transport.post(server, from, http,
							Redaction.of(secret, client.clientSecret())
								.and(http.getAuthorization())
								.andSignature(authentication.orElse(null)));
				})
				.flatMap((answer) -> answer.isSuccess() ? Mono.empty() : Mono.error(answer.failureOfClient()));
		});
	}

}
