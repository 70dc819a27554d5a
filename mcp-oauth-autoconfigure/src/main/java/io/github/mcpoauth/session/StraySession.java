// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Ends a session that a server of the older protocol opened for a request of the newer
 * one. Some open one for any request without a session, and would keep it until it times
 * out.
 *
 * @param threads run the deadline
 */
record StraySession(WorkThreads threads) implements ExchangeFilterFunction {

	private static final Logger logger = LoggerFactory.getLogger(StraySession.class);

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return next.exchange(request).map((response) -> {
			String id = response.headers().asHttpHeaders().getFirst(McpSessionFilter.SESSION_ID);
			if (id == null) {
				return response;
			}
			AtomicBoolean ended = new AtomicBoolean();
			return response.mutate().body((body) -> body.doFinally((signal) -> {
				// The rest of a body may be subscribed to again, in order to discard it
				if (ended.compareAndSet(false, true)) {
					end(id, request, next);
				}
			})).build();
		});
	}

	private void end(String id, ClientRequest request, ExchangeFunction next) {
		ClientRequest end = ClientRequest.create(HttpMethod.DELETE, request.url())
			.attributes((attributes) -> attributes.putAll(request.attributes()))
			.attribute(RequestAttributes.OPTIONAL, true)
			.header(McpSessionFilter.SESSION_ID, id)
			.build();
		next.exchange(end)
			.flatMap((response) -> McpSessionFilter.release(response, this.threads))
			.subscribeOn(this.threads.blocking())
			.subscribe((nothing) -> {
			}, (ex) -> logger.debug("The session at {} is left to time out",
					UntrustedText.withoutSecrets(request.url().toString()), ex));
	}

}
