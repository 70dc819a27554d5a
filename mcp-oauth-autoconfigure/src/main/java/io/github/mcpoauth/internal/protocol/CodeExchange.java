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
 * All it takes to turn an authorization code into a grant (RFC 6749, section 4.1.3).
 *
 * @param code the authorization code
 * @param codeVerifier the PKCE code verifier
 * @param redirectUri the redirect URI of the authorization request
 * @param issuer issuer of the authorization server, from its validated metadata
 * @param tokenEndpoint its token endpoint
 * @param resource the resource indicator, sent byte for byte, {@code null} to send none
 * @param requestedScopes the scopes that were asked for, which are the granted ones if
 * the server does not say
 * @param authMethodsSupported what the metadata lists as
 * {@code token_endpoint_auth_methods_supported}, empty if it does not
 * @param dpopKey the key to bind the tokens to, {@code null} for none
 */
public record CodeExchange(Secret code, Secret codeVerifier, URI redirectUri, String issuer, URI tokenEndpoint,
		@Nullable String resource, Set<String> requestedScopes, List<String> authMethodsSupported,
		@Nullable DPoPKey dpopKey) {

	public CodeExchange {
		requestedScopes = Collections.unmodifiableSet(new LinkedHashSet<>(requestedScopes));
		authMethodsSupported = List.copyOf(authMethodsSupported);
	}

}
