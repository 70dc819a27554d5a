// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.URI;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Where a URL points to, made comparable: origin and path segments.
 *
 * @param scheme {@code http} or {@code https}
 * @param host host in lower case
 * @param port port, also where it is the default
 * @param path raw path without a slash at its end
 */
public record ServerAddress(String scheme, String host, int port, String path) {

	/**
	 * The address of a URL that a token may be sent to.
	 * @param url the URL
	 * @return the address, {@code null} for a URL that is not plainly below any other:
	 * not http or https, with user-info, or with a path that a server may read in more
	 * than one way (dot segments, backslashes, encoded slashes or dots, empty segments)
	 */
	public static @Nullable ServerAddress of(URI url) {
		String scheme = url.getScheme();
		String host = url.getHost();
		if (scheme == null || host == null || url.getRawUserInfo() != null) {
			return null;
		}
		int port = port(scheme, url.getPort());
		String path = url.getRawPath();
		if (port < 0 || isAmbiguous(path)) {
			return null;
		}
		return new ServerAddress(scheme.toLowerCase(Locale.ROOT), host.toLowerCase(Locale.ROOT), port,
				path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
	}

	private static int port(String scheme, int port) {
		if ("https".equalsIgnoreCase(scheme)) {
			return (port >= 0) ? port : 443;
		}
		if ("http".equalsIgnoreCase(scheme)) {
			return (port >= 0) ? port : 80;
		}
		return -1;
	}

	private static boolean isAmbiguous(String path) {
		if (path.isEmpty()) {
			return false;
		}
		for (int at = 0; at < path.length(); at++) {
			char character = path.charAt(at);
			if (character == '\\') {
				return true;
			}
			if (character == '/' && startsDotOrEmptySegment(path, at + 1)) {
				return true;
			}
			if (character == '%' && isEncodedSeparatorOrDot(path, at)) {
				return true;
			}
		}
		return false;
	}

	private static boolean startsDotOrEmptySegment(String path, int start) {
		int end = path.indexOf('/', start);
		if (end < 0) {
			end = path.length();
			if (end == start) {
				return false;
			}
		}
		int semicolon = path.indexOf(';', start);
		int length = ((semicolon >= 0 && semicolon < end) ? semicolon : end) - start;
		return switch (length) {
			case 0 -> true;
			case 1 -> path.charAt(start) == '.';
			case 2 -> path.charAt(start) == '.' && path.charAt(start + 1) == '.';
			default -> false;
		};
	}

	private static boolean isEncodedSeparatorOrDot(String path, int at) {
		return path.regionMatches(true, at, "%2f", 0, 3) || path.regionMatches(true, at, "%5c", 0, 3)
				|| path.regionMatches(true, at, "%2e", 0, 3) || path.regionMatches(true, at, "%25", 0, 3);
	}

	/**
	 * The address that this one lies right below.
	 * @return the address without its last path segment, {@code null} if it has none
	 */
	public @Nullable ServerAddress parent() {
		return this.path.isEmpty() ? null : new ServerAddress(this.scheme, this.host, this.port,
				this.path.substring(0, Math.max(0, this.path.lastIndexOf('/'))));
	}

	/**
	 * Whether another address lies at or below this one.
	 * @param other the other address
	 * @return {@code true} if the origins are the same and all segments of this path lead
	 * the other's
	 */
	public boolean covers(ServerAddress other) {
		return this.scheme.equals(other.scheme) && this.host.equals(other.host) && this.port == other.port
				&& other.path.startsWith(this.path)
				&& (other.path.length() == this.path.length() || other.path.charAt(this.path.length()) == '/');
	}

}
