// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;
import java.util.List;

import io.github.mcpoauth.internal.address.HttpAddress;

/**
 * Well-known addresses (RFC 8615), in the order in which the MCP specification looks at
 * them.
 */
final class WellKnown {

	private static final String PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource";

	private static final String AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server";

	private static final String OPENID = "/.well-known/openid-configuration";

	private WellKnown() {
	}

	/**
	 * Where the metadata of a protected resource may be.
	 * @param server address of the MCP server
	 * @return the addresses
	 */
	static List<String> protectedResource(URI server) {
		String root = HttpAddress.origin(server) + PROTECTED_RESOURCE;
		String path = path(server);
		return path.isEmpty() ? List.of(root) : List.of(root + path, root);
	}

	/**
	 * Where the metadata of an authorization server may be.
	 * @param issuer its issuer identifier
	 * @return the addresses
	 */
	static List<String> authorizationServer(URI issuer) {
		String origin = HttpAddress.origin(issuer);
		String path = path(issuer);
		return path.isEmpty() ? List.of(origin + AUTHORIZATION_SERVER, origin + OPENID)
				: List.of(origin + AUTHORIZATION_SERVER + path, origin + OPENID + path, origin + path + OPENID);
	}

	/**
	 * The path without a terminating slash (RFC 8414, section 3.1).
	 */
	private static String path(URI uri) {
		String path = (uri.getRawPath() != null) ? uri.getRawPath() : "";
		return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
	}

}
