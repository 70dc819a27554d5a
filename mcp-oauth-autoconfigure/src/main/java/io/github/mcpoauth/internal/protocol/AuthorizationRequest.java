// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;

import io.github.mcpoauth.Secret;

/**
 * An authorization request (RFC 6749, section 4.1.1) and the values its response is
 * checked against and exchanged with. It belongs to one login and is kept in memory only.
 *
 * @param uri the address that the user's browser opens
 * @param audience the endpoint that exchanges the code, and the scope it was requested
 * for
 * @param issParameterSupported whether responses have to name the issuer (RFC 9207)
 * @param redirectUri the redirect URI
 * @param state the state, at least 128 random bits
 * @param codeVerifier the PKCE code verifier
 */
public record AuthorizationRequest(URI uri, TokenAudience audience, boolean issParameterSupported, URI redirectUri,
		Secret state, Secret codeVerifier) {

	/**
	 * The issuer of the authorization server.
	 * @return the identifier, byte for byte
	 */
	public String issuer() {
		return this.audience.issuer();
	}

	@Override
	public String toString() {
		return "AuthorizationRequest[issuer=%s, redirectUri=%s, scopes=%s, resource=%s]".formatted(issuer(),
				this.redirectUri, this.audience.scopes(), this.audience.resource());
	}

}
