// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Binds the configured credentials of a server (client secret, key, assertion, subject
 * token) to one issuer: the configured one, or else the one of the first success, which
 * the store keeps for all principals until the server is removed (law 21). A client that
 * registers dynamically is not bound, because it registers anew with another issuer.
 */
public final class IssuerBinding {

	private final TokenStore store;

	/**
	 * Create the binding.
	 * @param store keeps the issuer of the first success
	 */
	public IssuerBinding(TokenStore store) {
		this.store = store;
	}

	/**
	 * Require that credentials may be sent to an issuer. Asked for each discovered issuer
	 * before anything is sent to it.
	 * @param server the MCP server
	 * @param key the grant
	 * @param issuer the issuer
	 * @return an empty mono; fails with {@link UnusableException} if the credentials are
	 * bound to another issuer, and with the failure of the store if that is not known
	 */
	public Mono<Void> require(McpServer server, GrantKey key, String issuer) {
		return issuer(server, key).doOnNext((bound) -> {
			if (!bound.equals(issuer)) {
				throw UnusableException.otherIssuer(
						"The credential for MCP server '%1$s' was used at %2$s so far, and the server names %3$s as its authorization server now. Nothing was sent there. If the change is intended, set 'mcp.servers.%1$s.oauth.authorization-server' to the issuer the credentials belong to, or run `mcp remove %1$s`"
							.formatted(server.name(), UntrustedText.quote(bound), UntrustedText.quote(issuer)));
			}
		}).then();
	}

	/**
	 * The issuer that the credentials are bound to by the first success.
	 * @param server the MCP server
	 * @param key the grant
	 * @return a mono with the issuer, empty if they are not bound, and if a configured
	 * issuer decides
	 */
	Mono<String> issuer(McpServer server, GrantKey key) {
		return isBound(server) ? this.store.loadIssuer(key) : Mono.empty();
	}

	/**
	 * Bind credentials to the issuer that accepted them, unless they are bound already.
	 * @param server the MCP server
	 * @param key the grant
	 * @param issuer the issuer
	 * @return an empty mono, which completes also if the store cannot be written: the
	 * grant itself names the issuer too
	 */
	public Mono<Void> bind(McpServer server, GrantKey key, String issuer) {
		return isBound(server) ? this.store.bindIssuer(key, issuer).onErrorComplete().then() : Mono.empty();
	}

	/**
	 * Bind a configured client to the issuer that accepted it in a login.
	 * @param key the grant
	 * @param client the client
	 * @param issuer the issuer, {@code null} if not known
	 * @return an empty mono, as above
	 */
	public Mono<Void> bind(GrantKey key, OAuthClient client, @Nullable String issuer) {
		boolean credentials = client.origin() == OAuthClient.Origin.CONFIGURED
				&& (client.clientSecret() != null || client.signingKey() != null);
		return (credentials && issuer != null) ? this.store.bindIssuer(key, issuer).onErrorComplete().then()
				: Mono.empty();
	}

	/**
	 * A configured issuer decides alone, and discovery asks no other.
	 */
	static boolean isBound(McpServer server) {
		OAuthSettings oauth = server.oauth();
		boolean credentials = oauth.clientSecret() != null || oauth.signingKey() != null
				|| !oauth.grantType().needsUser();
		return credentials && oauth.authorizationServer() == null;
	}

}
