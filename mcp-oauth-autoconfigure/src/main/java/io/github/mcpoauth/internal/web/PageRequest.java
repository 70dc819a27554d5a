// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.Principal;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.util.MultiValueMap;

/**
 * A request for the page, the same for all kinds of web applications.
 *
 * @param base address of the application as the request says, with its context path and
 * without a slash at the end. It comes from the {@code Host} header: see {@link Access}
 * @param parameters those of the form, or of the query when there is no form
 * @param headers the headers
 * @param cookies the cookies by name
 * @param principal the logged-in user, {@code null} without a login
 * @param applicationField the field that the application needs in every form,
 * {@code null} if absent
 * @param local address and port that received the request, {@code null} if not known
 * @param remote address that sent it, {@code null} if not known
 */
record PageRequest(URI base, MultiValueMap<String, String> parameters, HttpHeaders headers, Map<String, String> cookies,
		@Nullable Principal principal, @Nullable FormField applicationField, @Nullable InetSocketAddress local,
		@Nullable InetAddress remote) {

	private static final Set<String> SCHEMES_WITH_PORTS = Set.of("http:80", "https:443");

	/**
	 * The address of an application.
	 * @param request address of a request
	 * @param path its path below the application's own path
	 * @return the address, without the port if that is the scheme's own
	 */
	static URI base(URI request, String path) {
		String whole = request.getRawPath();
		String own = whole.endsWith(path) ? whole.substring(0, whole.length() - path.length()) : "";
		return base(request.getScheme(), request.getHost(), request.getPort(), own);
	}

	static URI base(String scheme, @Nullable String host, int port, @Nullable String path) {
		boolean usual = port < 0 || SCHEMES_WITH_PORTS.contains(scheme + ":" + port);
		return URI.create("%s://%s%s%s".formatted(scheme, (host != null) ? host : "invalid", usual ? "" : ":" + port,
				(path != null) ? path : ""));
	}

	@Nullable String parameter(String name) {
		return this.parameters.getFirst(name);
	}

	/**
	 * Name of the logged-in user.
	 */
	@Nullable String user() {
		return (this.principal != null) ? this.principal.getName() : null;
	}

	/**
	 * A request may hold a code.
	 */
	@Override
	public String toString() {
		return "PageRequest[base=%s]".formatted(this.base);
	}

}
