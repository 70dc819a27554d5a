// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * An authorization request (RFC 6749, section 4.1.1) together with what its response is
 * checked against and exchanged with. It answers for one login and is kept in memory
 * only.
 *
 * @param uri where the person has to go
 * @param issuer issuer of the authorization server, from its validated metadata
 * @param issParameterSupported whether its responses have to name the issuer (RFC 9207)
 * @param tokenEndpoint where the code is exchanged
 * @param authMethodsSupported how clients may authenticate there, empty if not known
 * @param redirectUri the redirect URI
 * @param scopes the scopes asked for, empty for none
 * @param resource the resource indicator, {@code null} for none
 * @param state the state, at least 128 random bits
 * @param codeVerifier the PKCE code verifier
 * @param dpopKey the key to bind the tokens to, {@code null} for none
 */
public record AuthorizationRequest(URI uri, String issuer, boolean issParameterSupported, URI tokenEndpoint,
		List<String> authMethodsSupported, URI redirectUri, Set<String> scopes, @Nullable String resource, Secret state,
		Secret codeVerifier, @Nullable DPoPKey dpopKey) {

	public AuthorizationRequest {
		authMethodsSupported = List.copyOf(authMethodsSupported);
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
	}

	/**
	 * What to exchange the code with that came in answer to this request.
	 * @param code the code, from {@link AuthorizationResponse#code(AuthorizationRequest)}
	 * @return the exchange
	 */
	public CodeExchange exchange(Secret code) {
		return new CodeExchange(code, this.codeVerifier, this.redirectUri, this.issuer, this.tokenEndpoint,
				this.resource, this.scopes, this.authMethodsSupported, this.dpopKey);
	}

	@Override
	public String toString() {
		return "AuthorizationRequest[issuer=%s, redirectUri=%s, scopes=%s, resource=%s]".formatted(this.issuer,
				this.redirectUri, this.scopes, this.resource);
	}

}
