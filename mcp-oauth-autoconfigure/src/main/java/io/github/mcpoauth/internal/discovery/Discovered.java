// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings.DPoP;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ProtectedResourceMetadata;
import io.github.mcpoauth.internal.protocol.TokenAudience;
import org.jspecify.annotations.Nullable;

/**
 * How an MCP server wants to be authorized for. A client or a grant that is bound to
 * another issuer than this authorization server's must not be used with it.
 *
 * @param resource the validated protected resource metadata, {@code null} if the server
 * has none
 * @param authorizationServer the validated metadata of the authorization server to use
 * @param resourceIndicator the resource indicator (RFC 8707) to send byte for byte,
 * {@code null} to omit it
 * @param scopes the scopes to ask for, in order; empty to leave the parameter out
 * @param dpopAlgorithm the JWS algorithm to sign DPoP proofs with, {@code null} not to
 * bind tokens to a key
 * @param replaceable whether the MCP server names another authorization server that may
 * be tried where this one refuses
 */
public record Discovered(@Nullable ProtectedResourceMetadata resource, AuthorizationServerMetadata authorizationServer,
		@Nullable String resourceIndicator, Set<String> scopes, @Nullable String dpopAlgorithm, boolean replaceable) {

	public Discovered {
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
	}

	/**
	 * The audience of a request for a token.
	 * @param dpopKey the key to bind the token to, or {@code null}
	 * @return the audience
	 */
	public TokenAudience audience(@Nullable DPoPKey dpopKey) {
		return TokenAudience.of(this.authorizationServer, this.resourceIndicator, this.scopes, dpopKey);
	}

	/**
	 * Copy the result with more scopes to ask for.
	 * @param more the scopes to add
	 * @return the copy
	 */
	public Discovered withScopes(Set<String> more) {
		Set<String> union = new LinkedHashSet<>(more);
		union.addAll(this.scopes);
		return new Discovered(this.resource, this.authorizationServer, this.resourceIndicator, union,
				this.dpopAlgorithm, this.replaceable);
	}

	/**
	 * Whether tokens that are not bound to a key are of no use, because the server
	 * accepts no others or the settings want no others.
	 * @param server the MCP server
	 * @return {@code true} if a key has to be offered
	 */
	public boolean isDPoPRequired(McpServer server) {
		return this.dpopAlgorithm != null
				&& (server.oauth().dpop() == DPoP.ALWAYS || (this.resource != null && this.resource.isDPoPRequired()));
	}

}
