// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

/**
 * The authorization server that a token is requested from, and the resource and scopes it
 * is requested for.
 *
 * @param issuer issuer of the authorization server, from its validated metadata
 * @param tokenEndpoint its token endpoint
 * @param authMethods the {@code token_endpoint_auth_methods_supported} of its metadata,
 * empty if not known
 * @param resource the resource indicator, sent byte for byte, {@code null} to omit it
 * @param scopes the requested scopes, empty to leave the parameter out
 * @param dpopKey the key to bind the tokens to (RFC 9449), or {@code null}
 */
public record TokenAudience(String issuer, URI tokenEndpoint, List<String> authMethods, @Nullable String resource,
		Set<String> scopes, @Nullable DPoPKey dpopKey) {

	public TokenAudience {
		authMethods = List.copyOf(authMethods);
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
	}

	/**
	 * The audience that metadata describe.
	 * @param metadata validated metadata of the authorization server
	 * @param resource the resource indicator, {@code null} to omit it
	 * @param scopes the requested scopes
	 * @param dpopKey the key to bind the tokens to, or {@code null}
	 * @return the audience
	 */
	public static TokenAudience of(AuthorizationServerMetadata metadata, @Nullable String resource, Set<String> scopes,
			@Nullable DPoPKey dpopKey) {
		return new TokenAudience(metadata.issuer(), metadata.tokenEndpoint(), metadata.authMethods(), resource, scopes,
				dpopKey);
	}

	/**
	 * The audience of a stored grant, so that the next one is requested in the same way.
	 * @param grant the stored grant
	 * @param clock the clock
	 * @return the audience, {@code null} if the grant does not name its issuer or token
	 * endpoint, or its key cannot be used and has to be replaced
	 */
	public static @Nullable TokenAudience of(Grant grant, Clock clock) {
		if (grant.issuer() == null || grant.tokenEndpoint() == null) {
			return null;
		}
		List<String> methods = (grant.additional().get(ClientAuthentications.MEMBER) instanceof String method)
				? List.of(method) : List.of();
		try {
			DPoPKey key = (grant.dpopKey() != null) ? DPoPKey.of(grant.dpopKey(), clock) : null;
			return new TokenAudience(grant.issuer(), grant.tokenEndpoint(), methods, grant.resource(),
					grant.requestedScope(), key);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
