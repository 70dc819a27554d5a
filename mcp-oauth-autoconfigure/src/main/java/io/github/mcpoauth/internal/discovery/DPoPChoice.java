// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings.DPoP;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ProtectedResourceMetadata;
import io.github.mcpoauth.internal.protocol.TokenChallenges;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Whether tokens are bound to a key, and how proofs are signed then (RFC 9449).
 * <p>
 * An authorization server binds tokens for every client that offers a key, but an MCP
 * server that supports only bearer tokens cannot use bound ones. So unless the settings
 * say otherwise, both sides must have shown that they speak DPoP.
 */
final class DPoPChoice {

	private static final List<String> DEFAULT = List.of("ES256");

	private DPoPChoice() {
	}

	/**
	 * Choose an algorithm.
	 * @param server the MCP server
	 * @param challenges its challenges to a request
	 * @param resource its metadata, or {@code null}
	 * @param metadata metadata of the authorization server
	 * @return the JWS algorithm, {@code null} not to bind tokens
	 * @throws UnusableException if tokens have to be bound and there is no algorithm that
	 * all parties support
	 */
	static @Nullable String algorithm(McpServer server, TokenChallenges challenges,
			@Nullable ProtectedResourceMetadata resource, AuthorizationServerMetadata metadata) {
		DPoP wanted = server.oauth().dpop();
		List<String> issuing = metadata.dpopAlgorithms();
		List<String> accepting = (resource != null) ? resource.dpopAlgorithms() : List.of();
		boolean required = wanted == DPoP.ALWAYS || (resource != null && resource.isDPoPRequired());
		boolean possible = !issuing.isEmpty() && (challenges.isDPoP() || !accepting.isEmpty());
		if (wanted == DPoP.NEVER || (!required && !possible)) {
			return null;
		}
		List<String> common = new ArrayList<>(
				!issuing.isEmpty() ? issuing : !accepting.isEmpty() ? accepting : DEFAULT);
		if (!accepting.isEmpty()) {
			common.retainAll(accepting);
		}
		String algorithm = DPoPKey.algorithm(common);
		if (algorithm == null && required) {
			throw new UnusableException(
					"The authorization server %s binds tokens to keys with %s only, the server accepts %s, and none of that is supported"
						.formatted(UntrustedText.quote(metadata.issuer()),
								UntrustedText.quote(String.join(", ", issuing)),
								accepting.isEmpty() ? "anything" : UntrustedText.quote(String.join(", ", accepting))));
		}
		return algorithm;
	}

}
