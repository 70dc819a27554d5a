// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Serves the {@link ConnectionsPage} with Spring MVC. No thread waits for an answer.
 */
public final class ServletConnections {

	/**
	 * The page itself gives up earlier.
	 */
	private static final Duration TIMEOUT = LoginActions.PATIENCE.plusSeconds(30);

	private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

	private ServletConnections() {
	}

	/**
	 * Serve a page.
	 * @param page the page
	 * @return its routes
	 */
	public static RouterFunction<ServerResponse> routes(ConnectionsPage page) {
		RouterFunctions.Builder routes = RouterFunctions.route();
		for (Route route : page.routes()) {
			routes.route(
					HttpMethod.POST.equals(route.method()) ? RequestPredicates.POST(route.path())
							: RequestPredicates.GET(route.path()),
					(request) -> ServerResponse.async(
							route.handler().apply(request(request, route)).map(ServletConnections::response), TIMEOUT));
		}
		return routes.build();
	}

	private static PageRequest request(ServerRequest request, Route route) {
		HttpServletRequest servletRequest = request.servletRequest();
		return new PageRequest(PageRequest.base(request.uri(), route.path()), request.params(),
				request.headers().asHttpHeaders(), cookies(request),
				SpringSecurity.user(request.principal().orElse(null)), route.forms() ? field(request) : null,
				local(servletRequest), address(servletRequest.getRemoteAddr()));
	}

	private static @Nullable InetSocketAddress local(HttpServletRequest request) {
		InetAddress address = address(request.getLocalAddr());
		return (address != null) ? new InetSocketAddress(address, request.getLocalPort()) : null;
	}

	/**
	 * A proxy may send a name, which is not looked up.
	 */
	private static @Nullable InetAddress address(@Nullable String text) {
		if (text == null || (text.indexOf(':') < 0 && !IPV4.matcher(text).matches())) {
			return null;
		}
		try {
			return InetAddress.getByName(text);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	private static @Nullable FormField field(ServerRequest request) {
		String attribute = SpringSecurity.attribute();
		return (attribute != null) ? SpringSecurity.field(request.attribute(attribute).orElse(null)) : null;
	}

	private static Map<String, String> cookies(ServerRequest request) {
		Map<String, String> cookies = new LinkedHashMap<>();
		request.cookies().forEach((name, values) -> values.forEach((value) -> cookies.put(name, value.getValue())));
		return cookies;
	}

	private static ServerResponse response(PageAnswer answer) {
		return ServerResponse.status(answer.status()).build((request, response) -> {
			// Spring Security has written some of them by now, and a cookie of its own
			answer.headers().forEach((name, value) -> {
				if (HttpHeaders.SET_COOKIE.equals(name)) {
					response.addHeader(name, value);
				}
				else {
					response.setHeader(name, value);
				}
			});
			response.getOutputStream().write(answer.bytes());
			return null;
		});
	}

}
