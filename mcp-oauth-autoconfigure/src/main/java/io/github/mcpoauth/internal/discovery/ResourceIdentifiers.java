// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Resource identifiers of MCP servers (RFC 8707, section 2; RFC 9728, section 1.2).
 */
final class ResourceIdentifiers {

	private ResourceIdentifiers() {
	}

	/**
	 * Whether an identifier may stand for a server: the same origin, and the server's
	 * path or a prefix of it in whole segments. RFC 9728 wants equality with what the
	 * metadata address was built from, which is the server's own URL or, at the root, its
	 * origin; servers use what lies between as well.
	 * @param resource the identifier
	 * @param server address of the MCP server
	 * @return {@code true} if it may
	 */
	static boolean covers(String resource, URI server) {
		URI identifier;
		try {
			identifier = new URI(resource);
		}
		catch (URISyntaxException ex) {
			return false;
		}
		if (identifier.getHost() == null || identifier.getRawUserInfo() != null || identifier.getRawFragment() != null
				|| !origin(identifier).equals(origin(server))) {
			return false;
		}
		List<String> segments = segments(identifier);
		List<String> path = segments(server);
		boolean prefix = segments.size() <= path.size() && segments.equals(path.subList(0, segments.size()));
		boolean dots = segments.contains(".") || segments.contains("..");
		String query = identifier.getRawQuery();
		return prefix && !dots
				&& (query == null || (segments.size() == path.size() && Objects.equals(query, server.getRawQuery())));
	}

	/**
	 * The canonical identifier of a server without metadata: its address without query,
	 * which may hold a secret, and without a slash that is all there is of the path.
	 * @param server address of the MCP server
	 * @return the identifier
	 */
	static String canonical(URI server) {
		String path = (server.getRawPath() != null) ? server.getRawPath() : "";
		return origin(server) + ("/".equals(path) ? "" : path);
	}

	/**
	 * The origin of an address, in lower case and without a default port.
	 * @param uri the address
	 * @return scheme, host and port
	 */
	static String origin(URI uri) {
		String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
		int defaultPort = "https".equals(scheme) ? 443 : 80;
		String port = (uri.getPort() >= 0 && uri.getPort() != defaultPort) ? ":" + uri.getPort() : "";
		return scheme + "://" + String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT) + port;
	}

	private static List<String> segments(URI uri) {
		String path = (uri.getRawPath() != null) ? uri.getRawPath() : "";
		String trimmed = path.startsWith("/") ? path.substring(1) : path;
		if (trimmed.endsWith("/")) {
			trimmed = trimmed.substring(0, trimmed.length() - 1);
		}
		return trimmed.isEmpty() ? List.of() : Arrays.asList(trimmed.split("/", -1));
	}

}
