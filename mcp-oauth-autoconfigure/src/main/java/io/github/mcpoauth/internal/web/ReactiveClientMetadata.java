// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.function.Supplier;

import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.work.WorkThreads;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Serves the client ID metadata document and the public keys of the application with
 * WebFlux. It comes before Spring Security, because authorization servers have no login.
 */
public final class ReactiveClientMetadata implements WebFilter, Ordered {

	/**
	 * After the filters that understand the headers of a proxy.
	 */
	public static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 100;

	private final ClientMetadataResource resource;

	private final WorkThreads threads;

	/**
	 * Create the filter.
	 * @param metadata the client, which must have an address
	 * @param threads threads that may read the file of the keys
	 */
	public ReactiveClientMetadata(Supplier<ClientMetadata> metadata, WorkThreads threads) {
		this.resource = new ClientMetadataResource(metadata);
		this.threads = threads;
	}

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		HttpMethod method = exchange.getRequest().getMethod();
		String path = exchange.getRequest().getPath().pathWithinApplication().value();
		if (!this.resource.isServed(method.name(), path)) {
			return chain.filter(exchange);
		}
		return Mono.fromCallable(() -> this.resource.answer(path))
			.subscribeOn(this.threads.blocking())
			.flatMap((answer) -> write(exchange.getResponse(), answer, HttpMethod.HEAD.equals(method)));
	}

	private static Mono<Void> write(ServerHttpResponse response, PageAnswer answer, boolean withoutBody) {
		response.setStatusCode(HttpStatusCode.valueOf(answer.status()));
		answer.headers().forEach(response.getHeaders()::set);
		response.getHeaders().setContentLength(answer.bytes().length);
		return withoutBody ? response.setComplete()
				: response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(answer.bytes())));
	}

}
