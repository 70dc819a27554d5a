// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.util.List;

import com.nimbusds.oauth2.sdk.TokenRevocationRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.Token;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Endpoint;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Sender;
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

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock the clock
	 */
	public TokenRevocationEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.transport = new Transport(clients, settings, clock);
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
			ClientAuthentications.requireIssuer(grant, metadata.issuer());
			String method = ClientAuthentications.method(client, grant, metadata.revocationAuthMethods());
			return this.transport
				.exchange(new EndpointRequest(server, new Endpoint("revocation endpoint", endpoint, metadata.issuer()),
						new Sender(client, method), List.of(secret),
						(uri, authentication) -> ((authentication != null)
								? new TokenRevocationRequest(uri, authentication, token)
								: new TokenRevocationRequest(uri, new ClientID(client.clientId()), token))
							.toHTTPRequest()))
				.flatMap((answer) -> answer.isSuccess() ? Mono.empty() : Mono.error(answer.failureOfClient()));
		});
	}

}
