// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.InetAddress;
import java.net.URI;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.util.MultiValueMap;

/**
 * What a browser asks of a page, whatever serves the application.
 *
 * @param base address of the application, with its context path and without a slash at
 * the end, as the request says
 * @param query the query, not decoded, {@code null} for none
 * @param parameters those of the form, or of the query when there is no form
 * @param headers the headers
 * @param cookies the cookies by name
 * @param user name of the person who has logged in to the application, {@code null} for
 * anybody
 * @param applicationField what the application wants to find in every form, {@code null}
 * for nothing
 * @param local where the request was received, {@code null} if not known
 * @param remote where it came from, {@code null} if not known
 */
public record PageRequest(URI base, @Nullable String query, MultiValueMap<String, String> parameters,
		HttpHeaders headers, Map<String, String> cookies, @Nullable String user, @Nullable FormField applicationField,
		@Nullable InetAddress local, @Nullable InetAddress remote) {

	private static final Set<String> SCHEMES_WITH_PORTS = Set.of("http:80", "https:443");

	/**
	 * The address of an application.
	 * @param request address of a request
	 * @param path what it asks for, below the application's own path
	 * @return the address, without the port if that is the scheme's own
	 */
	static URI base(URI request, String path) {
		String authority = request.getRawAuthority();
		String scheme = request.getScheme();
		if (SCHEMES_WITH_PORTS.contains(scheme + ":" + request.getPort())) {
			authority = authority.substring(0, authority.lastIndexOf(':'));
		}
		String whole = request.getRawPath();
		String own = whole.endsWith(path) ? whole.substring(0, whole.length() - path.length()) : "";
		return URI.create("%s://%s%s".formatted(scheme, authority, own));
	}

	@Nullable String parameter(String name) {
		return this.parameters.getFirst(name);
	}

	/**
	 * A request may hold a code.
	 */
	@Override
	public String toString() {
		return "PageRequest[base=%s]".formatted(this.base);
	}

}
