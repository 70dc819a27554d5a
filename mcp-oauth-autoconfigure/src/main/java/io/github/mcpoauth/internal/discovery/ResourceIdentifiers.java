// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;
import java.util.Objects;

import io.github.mcpoauth.internal.address.HttpAddress;

/**
 * Resource identifiers of MCP servers (RFC 8707, section 2; RFC 9728, section 1.2).
 */
final class ResourceIdentifiers {

	private ResourceIdentifiers() {
	}

	/**
	 * Whether an identifier may stand for a server: the same origin, and the server's
	 * path or a prefix of it in whole segments. RFC 9728 requires equality with the URL
	 * that the metadata address was built from: the server's own URL or, at the root, its
	 * origin. Servers also use the paths between these.
	 * @param resource the identifier
	 * @param server address of the MCP server
	 * @return {@code true} if it may
	 */
	static boolean covers(String resource, URI server) {
		if (!HttpAddress.covers(resource, server)) {
			return false;
		}
		URI identifier = URI.create(resource);
		String query = identifier.getRawQuery();
		boolean same = Objects.equals(HttpAddress.of(identifier), HttpAddress.of(server));
		return identifier.getRawFragment() == null
				&& (query == null || (same && Objects.equals(query, server.getRawQuery())));
	}

	/**
	 * The canonical identifier of a server without metadata: its address without query,
	 * which may hold a secret, and without a slash that is all there is of the path.
	 * @param server address of the MCP server
	 * @return the identifier
	 */
	static String canonical(URI server) {
		String path = (server.getRawPath() != null) ? server.getRawPath() : "";
		return HttpAddress.origin(server) + ("/".equals(path) ? "" : path);
	}

}
