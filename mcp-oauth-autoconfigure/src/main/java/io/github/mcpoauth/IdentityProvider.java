// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth;

import java.net.URI;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

import io.github.mcpoauth.principal.SubjectTokenSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The identity provider of an enterprise, which decides which users may use an MCP
 * server. It exchanges a user's token (RFC 8693) for an assertion that the MCP server's
 * authorization server accepts instead of a consent (Identity Assertion JWT Authorization
 * Grant).
 *
 * @param issuer its issuer, for its metadata, {@code null} if the token endpoint is given
 * @param tokenEndpoint its token endpoint, {@code null} for the one of its metadata
 * @param client this application's client there
 * @param subjectTokenFile file with the user's token, {@code null} to ask the
 * {@link SubjectTokenSupplier}
 * @param subjectTokenType type of the token in that file
 * @param scopes scopes to ask for there, empty for those of the MCP server
 */
public record IdentityProvider(@Nullable String issuer, @Nullable URI tokenEndpoint, Client client,
		@Nullable Path subjectTokenFile, String subjectTokenType, Set<String> scopes) {

	public IdentityProvider {
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
	}

	/**
	 * This application's client at the identity provider.
	 *
	 * @param id its identifier
	 * @param secret its secret, {@code null} for a public client or one with a key
	 * @param signingKey its key, or {@code null}
	 * @param tokenEndpointAuthMethod how it authenticates, {@code null} to choose
	 */
	public record Client(String id, @Nullable Secret secret, @Nullable SigningKey signingKey,
			@Nullable String tokenEndpointAuthMethod) {

	}

}
