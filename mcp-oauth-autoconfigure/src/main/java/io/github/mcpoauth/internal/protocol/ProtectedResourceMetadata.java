// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Protected resource metadata (RFC 9728, section 2), as received and not yet validated
 * against the server it is about.
 *
 * @param resource the resource identifier, byte for byte
 * @param authorizationServers issuer identifiers of its authorization servers, byte for
 * byte
 * @param scopesSupported scopes it names, in order
 * @param members all members of the document
 */
public record ProtectedResourceMetadata(String resource, List<String> authorizationServers,
		List<String> scopesSupported, Map<String, Object> members) {

	public ProtectedResourceMetadata {
		authorizationServers = List.copyOf(authorizationServers);
		scopesSupported = List.copyOf(scopesSupported);
		members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
	}

	/**
	 * Algorithms that may sign DPoP proofs.
	 * @return names of JWS algorithms, empty if the document does not say
	 */
	public List<String> dpopAlgorithms() {
		return Members.texts(this.members, "dpop_signing_alg_values_supported");
	}

	/**
	 * Whether the resource accepts tokens only that are bound to a key with DPoP.
	 * @return {@code true} if the document says so
	 */
	public boolean isDPoPRequired() {
		return Members.flag(this.members, "dpop_bound_access_tokens_required");
	}

	/**
	 * Read a document.
	 * @param from where it was found, for messages
	 * @param members its members
	 * @return the metadata
	 * @throws UnusableException if there is no resource identifier in it
	 */
	static ProtectedResourceMetadata of(String from, Map<String, Object> members) {
		String resource = Members.text(members, "resource");
		if (resource == null) {
			throw new UnusableException("%s does not say which resource it describes".formatted(from));
		}
		return new ProtectedResourceMetadata(resource, Members.texts(members, "authorization_servers"),
				Members.texts(members, "scopes_supported"), members);
	}

}
