// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * An http or https address in a comparable form: its origin and its path. It decides, in
 * one place, which addresses may be configured, which requests belong to a server, and
 * which resource identifiers may stand for it.
 * <p>
 * Paths are compared as they are written, byte for byte. An encoded character never
 * equals the plain one.
 *
 * @param scheme {@code http} or {@code https}
 * @param host host in lower case
 * @param port port, also where it is the default
 * @param path raw path without a slash at its end
 */
public record HttpAddress(String scheme, String host, int port, String path) {

	private static final String ENCODED_SLASH = "%2f";

	/**
	 * The address of a URL that a token may be sent to.
	 * @param url the URL
	 * @return the address, {@code null} for a URL that is not http or https, contains
	 * user information, or has a path that servers read in different ways: dot segments,
	 * also with a path parameter or encoded; backslashes; empty segments; encoded dots,
	 * percent signs and control characters
	 */
	public static @Nullable HttpAddress of(URI url) {
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
		return new HttpAddress(scheme.toLowerCase(Locale.ROOT), host.toLowerCase(Locale.ROOT), port,
				path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
	}

	/**
	 * The origin of an address, as RFC 6454 writes it.
	 * @param url an absolute address with a host
	 * @return scheme and host in lower case, and the port unless it is the default
	 */
	public static String origin(URI url) {
		String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
		String host = String.valueOf(url.getHost()).toLowerCase(Locale.ROOT);
		boolean usual = url.getPort() < 0 || url.getPort() == port(scheme, -1);
		return scheme + "://" + host + (usual ? "" : ":" + url.getPort());
	}

	/**
	 * Whether two addresses have the same origin.
	 * @param one an address
	 * @param other another address
	 * @return {@code true} if both name a host, and their origins are equal
	 */
	public static boolean isSameOrigin(URI one, URI other) {
		return one.getHost() != null && other.getHost() != null && origin(one).equals(origin(other));
	}

	/**
	 * Whether an address lies at or below another one that is given as text.
	 * @param outer the address above, for example a resource identifier
	 * @param inner the address below
	 * @return {@code true} if it does; {@code false} also if either is not an address in
	 * the sense of {@link #of}
	 */
	public static boolean covers(String outer, URI inner) {
		try {
			HttpAddress address = of(new URI(outer));
			HttpAddress below = of(inner);
			return address != null && below != null && address.covers(below);
		}
		catch (URISyntaxException ex) {
			return false;
		}
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
		for (int at = 0; at < path.length(); at++) {
			char character = path.charAt(at);
			if (character == '\\' || Character.isISOControl(character)) {
				return true;
			}
			if (character == '/' && startsDotOrEmptySegment(path, at + 1, at + 1 == path.length())) {
				return true;
			}
			if (character == '%' && isAmbiguousEncoding(path, at)) {
				return true;
			}
			// A server that decodes the slash must not find a dot segment behind it
			int behind = at + ENCODED_SLASH.length();
			if (character == '%' && isEncodedSlash(path, at)
					&& startsDotOrEmptySegment(path, behind, behind == path.length())) {
				return true;
			}
		}
		return false;
	}

	private static boolean startsDotOrEmptySegment(String path, int start, boolean last) {
		int end = start;
		while (end < path.length() && !endsSegment(path, end)) {
			end++;
		}
		return switch (end - start) {
			case 0 -> !last;
			case 1 -> path.charAt(start) == '.';
			case 2 -> path.charAt(start) == '.' && path.charAt(start + 1) == '.';
			default -> false;
		};
	}

	private static boolean endsSegment(String path, int at) {
		char character = path.charAt(at);
		return character == '/' || character == ';' || path.regionMatches(true, at, "%3b", 0, 3)
				|| isEncodedSlash(path, at);
	}

	private static boolean isEncodedSlash(String path, int at) {
		return path.regionMatches(true, at, ENCODED_SLASH, 0, ENCODED_SLASH.length());
	}

	/**
	 * Encoded backslashes, dots, percent signs, blanks and control characters.
	 */
	private static boolean isAmbiguousEncoding(String path, int at) {
		return path.regionMatches(true, at, "%5c", 0, 3) || path.regionMatches(true, at, "%2e", 0, 3)
				|| path.regionMatches(true, at, "%25", 0, 3) || path.regionMatches(true, at, "%7f", 0, 3)
				|| path.startsWith("%0", at) || path.startsWith("%1", at);
	}

	/**
	 * The address that this one lies right below.
	 * @return the address without its last path segment, {@code null} if it has none
	 */
	public @Nullable HttpAddress parent() {
		return this.path.isEmpty() ? null : new HttpAddress(this.scheme, this.host, this.port,
				this.path.substring(0, Math.max(0, this.path.lastIndexOf('/'))));
	}

	/**
	 * Whether another address lies at or below this one.
	 * @param other the other address
	 * @return {@code true} if the origins are the same and all segments of this path lead
	 * the other's. An encoded slash must stand in this path too: below it, a server may
	 * read it as the end of a segment
	 */
	public boolean covers(HttpAddress other) {
		return this.scheme.equals(other.scheme) && this.host.equals(other.host) && this.port == other.port
				&& other.path.startsWith(this.path)
				&& (other.path.length() == this.path.length() || other.path.charAt(this.path.length()) == '/')
				&& !other.hasEncodedSlash(this.path.length());
	}

	private boolean hasEncodedSlash(int from) {
		for (int at = this.path.indexOf('%', from); at >= 0; at = this.path.indexOf('%', at + 1)) {
			if (isEncodedSlash(this.path, at)) {
				return true;
			}
		}
		return false;
	}

}
