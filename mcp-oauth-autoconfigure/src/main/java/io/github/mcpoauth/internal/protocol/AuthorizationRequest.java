// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.Secret;

/**
 * An authorization request (RFC 6749, section 4.1.1) and the values its response is
 * checked against and exchanged with. It belongs to one login.
 *
 * @param endpoint the authorization endpoint
 * @param parameters the parameters to send there
 * @param audience the endpoint that exchanges the code, and the scope it was requested
 * for
 * @param issParameterSupported whether responses have to name the issuer (RFC 9207)
 * @param redirectUri the redirect URI
 * @param state the state, at least 128 random bits
 * @param codeVerifier the PKCE code verifier
 */
public record AuthorizationRequest(URI endpoint, Map<String, List<String>> parameters, TokenAudience audience,
		boolean issParameterSupported, URI redirectUri, Secret state, Secret codeVerifier) {

	public AuthorizationRequest {
		parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
	}

	/**
	 * The address that the user's browser opens.
	 * @return the authorization endpoint with all parameters
	 */
	public URI uri() {
		return AuthorizationEndpoint.append(this.endpoint, this.parameters);
	}

	/**
	 * The issuer of the authorization server.
	 * @return the identifier, byte for byte
	 */
	public String issuer() {
		return this.audience.issuer();
	}

	/**
	 * The same request with other parameters for the browser.
	 * @param parameters the parameters to send to the authorization endpoint
	 * @return the request
	 */
	AuthorizationRequest withParameters(Map<String, List<String>> parameters) {
		return new AuthorizationRequest(this.endpoint, parameters, this.audience, this.issParameterSupported,
				this.redirectUri, this.state, this.codeVerifier);
	}

	@Override
	public String toString() {
		return "AuthorizationRequest[issuer=%s, redirectUri=%s, scopes=%s, resource=%s]".formatted(issuer(),
				this.redirectUri, this.audience.scopes(), this.audience.resource());
	}

}
