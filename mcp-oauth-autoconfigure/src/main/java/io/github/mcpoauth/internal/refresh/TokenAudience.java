// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.GrantRequest;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Whom to ask for a grant without a person, and for what.
 *
 * @param issuer issuer of the authorization server
 * @param tokenEndpoint its token endpoint
 * @param resource the resource indicator, {@code null} to send none
 * @param scopes the scopes, empty for none
 * @param authMethods how a client may authenticate, empty if that is not known
 * @param dpopKey the key to bind the token to, {@code null} for none
 */
record TokenAudience(String issuer, URI tokenEndpoint, @Nullable String resource, Set<String> scopes,
		List<String> authMethods, @Nullable DPoPKey dpopKey) {

	/**
	 * Name of the additional member of a grant that says how the client authenticated.
	 */
	private static final String AUTH_METHOD = "token_endpoint_auth_method";

	/**
	 * As discovered.
	 * @param discovered what was found
	 * @param dpopKey the key to bind the token to, {@code null} for none
	 * @return the target
	 * @throws UnusableException if there is no token endpoint
	 */
	static TokenAudience of(Discovered discovered, @Nullable DPoPKey dpopKey) {
		AuthorizationServerMetadata metadata = discovered.authorizationServer();
		URI tokenEndpoint = metadata.tokenEndpoint();
		if (tokenEndpoint == null) {
			throw new UnusableException("The authorization server %s names no token endpoint"
				.formatted(UntrustedText.quote(metadata.issuer())));
		}
		return new TokenAudience(metadata.issuer(), tokenEndpoint, discovered.resourceIndicator(), discovered.scopes(),
				metadata.authMethods(), dpopKey);
	}

	/**
	 * As before.
	 * @param grant the grant before
	 * @param clock the clock
	 * @return the target, {@code null} if the grant does not say enough
	 */
	static @Nullable TokenAudience of(Grant grant, Clock clock) {
		if (grant.issuer() == null || grant.tokenEndpoint() == null) {
			return null;
		}
		List<String> methods = (grant.additional().get(AUTH_METHOD) instanceof String method) ? List.of(method)
				: List.of();
		try {
			DPoPKey key = (grant.dpopKey() != null) ? DPoPKey.of(grant.dpopKey(), clock) : null;
			return new TokenAudience(grant.issuer(), grant.tokenEndpoint(), grant.resource(), grant.requestedScope(),
					methods, key);
		}
		catch (IllegalArgumentException ex) {
			// A key that cannot be used is replaced
			return null;
		}
	}

	GrantRequest request(GrantType grantType, Map<String, Secret> secrets, Map<String, String> parameters) {
		return new GrantRequest(grantType, secrets, parameters, this.issuer, this.tokenEndpoint, this.resource,
				this.scopes, this.authMethods, this.dpopKey);
	}

}
