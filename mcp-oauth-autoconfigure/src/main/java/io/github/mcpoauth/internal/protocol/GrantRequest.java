// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * All it takes to ask a token endpoint for a grant without a person (RFC 6749, section
 * 4.4; RFC 7523, section 2.1; RFC 8693, section 2.1).
 *
 * @param grantType the grant type
 * @param secrets parameters that show what the grant is asked for with, for example
 * {@code assertion}
 * @param parameters further parameters
 * @param issuer issuer of the authorization server, from its validated metadata
 * @param tokenEndpoint its token endpoint
 * @param resource the resource indicator, sent byte for byte, {@code null} to send none
 * @param requestedScopes the scopes to ask for, empty to leave the parameter out
 * @param authMethodsSupported what the metadata lists as
 * {@code token_endpoint_auth_methods_supported}, empty if it does not
 * @param dpopKey the key to bind the token to (RFC 9449), {@code null} for none
 */
public record GrantRequest(GrantType grantType, Map<String, Secret> secrets, Map<String, String> parameters,
		String issuer, URI tokenEndpoint, @Nullable String resource, Set<String> requestedScopes,
		List<String> authMethodsSupported, @Nullable DPoPKey dpopKey) {

	public GrantRequest {
		secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
		parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
		requestedScopes = Collections.unmodifiableSet(new LinkedHashSet<>(requestedScopes));
		authMethodsSupported = List.copyOf(authMethodsSupported);
	}

}
