// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.springai;

import java.util.Set;

import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Turns web pages away, which could otherwise call tools with the user's token: no login
 * guards this application. A page of another site sends its {@code Origin}, and one that
 * makes its own name resolve to this machine (DNS rebinding) sends that name as
 * {@code Host}. Where users log in, Spring Security does this and more.
 */
@Component
class LocalRequestsFilter implements WebFilter {

	private static final Set<String> HOSTS = Set.of("localhost", "127.0.0.1", "[::1]");

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		ServerHttpRequest request = exchange.getRequest();
		String host = String.valueOf(request.getURI().getHost());
		String origin = request.getHeaders().getFirst(HttpHeaders.ORIGIN);
		String own = request.getURI().getScheme() + "://" + request.getURI().getAuthority();
		if (HOSTS.contains(host) && (origin == null || origin.equals(own))) {
			return chain.filter(exchange);
		}
		exchange.getResponse().setStatusCode(HttpStatus.FORBIDDEN);
		return exchange.getResponse().setComplete();
	}

}
