// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * Serves the {@link ConnectionsPage} with WebFlux.
 */
public final class ReactiveConnections {

	private ReactiveConnections() {
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
					(request) -> request(request, route).flatMap(route.handler())
						.flatMap(ReactiveConnections::response));
		}
		return routes.build();
	}

	private static Mono<PageRequest> request(ServerRequest request, Route route) {
		Mono<Optional<Principal>> user = request.principal()
			.cast(Principal.class)
			.mapNotNull(SpringSecurity::user)
			.singleOptional();
		Mono<Optional<FormField>> field = route.forms() ? field(request) : Mono.just(Optional.empty());
		Mono<MultiValueMap<String, String>> parameters = HttpMethod.POST.equals(route.method())
				? request.formData().map(LinkedMultiValueMap::new)
				: Mono.just(new LinkedMultiValueMap<>(request.queryParams()));
		return Mono.zip(user, field, parameters)
			.map((all) -> new PageRequest(PageRequest.base(request.uri(), route.path()), all.getT3(),
					request.headers().asHttpHeaders(), cookies(request), all.getT1().orElse(null),
					all.getT2().orElse(null), request.localAddress().orElse(null),
					request.remoteAddress().map(InetSocketAddress::getAddress).orElse(null)));
	}

	private static Mono<Optional<FormField>> field(ServerRequest request) {
		String attribute = SpringSecurity.reactiveAttribute();
		return SpringSecurity.reactiveField((attribute != null) ? request.attribute(attribute).orElse(null) : null)
			.singleOptional();
	}

	private static Map<String, String> cookies(ServerRequest request) {
		Map<String, String> cookies = new LinkedHashMap<>();
		request.cookies().forEach((name, values) -> values.forEach((value) -> cookies.put(name, value.getValue())));
		return cookies;
	}

	private static Mono<ServerResponse> response(PageAnswer answer) {
		return ServerResponse.status(answer.status())
			.headers((headers) -> answer.headers().forEach(headers::set))
			.bodyValue(answer.bytes());
	}

}
