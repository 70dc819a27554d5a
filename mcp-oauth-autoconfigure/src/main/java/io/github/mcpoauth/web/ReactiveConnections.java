// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import io.github.mcpoauth.web.Route.Method;
import reactor.core.publisher.Mono;

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
					(route.method() == Method.POST) ? RequestPredicates.POST(route.path())
							: RequestPredicates.GET(route.path()),
					(request) -> request(request, route).flatMap(route.handler())
						.flatMap(ReactiveConnections::response));
		}
		return routes.build();
	}

	private static Mono<PageRequest> request(ServerRequest request, Route route) {
		Mono<Optional<String>> user = request.principal()
			.map((principal) -> Optional.ofNullable(SpringSecurity.user(principal)))
			.defaultIfEmpty(Optional.empty());
		Mono<Optional<FormField>> field = route.forms() ? field(request) : Mono.just(Optional.empty());
		Mono<MultiValueMap<String, String>> parameters = (route.method() == Method.POST)
				? request.formData().map(LinkedMultiValueMap::new)
				: Mono.just(new LinkedMultiValueMap<>(request.queryParams()));
		return Mono.zip(user, field, parameters)
			.map((all) -> new PageRequest(PageRequest.base(request.uri(), route.path()), request.uri().getRawQuery(),
					all.getT3(), request.headers().asHttpHeaders(), cookies(request), all.getT1().orElse(null),
					all.getT2().orElse(null), request.localAddress().map(InetSocketAddress::getAddress).orElse(null),
					request.remoteAddress().map(InetSocketAddress::getAddress).orElse(null)));
	}

	private static Mono<Optional<FormField>> field(ServerRequest request) {
		String attribute = SpringSecurity.reactiveAttribute();
		return SpringSecurity.reactiveField((attribute != null) ? request.attribute(attribute).orElse(null) : null)
			.map(Optional::of)
			.defaultIfEmpty(Optional.empty());
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
