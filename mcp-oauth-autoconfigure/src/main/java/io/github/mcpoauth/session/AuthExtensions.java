// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.OAuthSettings;

/**
 * The authorization extensions of MCP that the settings of a server ask for. Server and
 * client both declare an extension that they use.
 */
final class AuthExtensions {

	private static final String CLIENT_CREDENTIALS = "io.modelcontextprotocol/oauth-client-credentials";

	private static final String ENTERPRISE_MANAGED = "io.modelcontextprotocol/enterprise-managed-authorization";

	private static final String WORKLOAD_IDENTITY = "io.modelcontextprotocol/auth/wif";

	private static final String DPOP = "io.modelcontextprotocol/auth/dpop";

	private AuthExtensions() {
	}

	/**
	 * The extensions as a client declares them.
	 * @param oauth the settings of the server
	 * @return an entry for each extension, which has no settings of its own
	 */
	static Map<String, Map<String, Object>> of(OAuthSettings oauth) {
		Map<String, Map<String, Object>> extensions = new LinkedHashMap<>();
		// An expression, so that the compiler asks here for each new grant type
		String ofGrantType = switch (oauth.grantType()) {
			case CLIENT_CREDENTIALS -> CLIENT_CREDENTIALS;
			case JWT_BEARER -> (oauth.identityProvider() != null) ? ENTERPRISE_MANAGED : WORKLOAD_IDENTITY;
			case AUTHORIZATION_CODE, TOKEN_EXCHANGE -> null;
		};
		if (ofGrantType != null) {
			extensions.put(ofGrantType, Map.of());
		}
		if (oauth.dpop() == OAuthSettings.DPoP.ALWAYS) {
			extensions.put(DPOP, Map.of());
		}
		return extensions;
	}

}
