// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;

import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * The last filter before the wire. It lets no request pass whose caller has gone: the
 * time a call waits for a token or a session counts as its own.
 */
final class CallDeadline implements ExchangeFilterFunction {

	private static final String NOBODY_WAITS = "Nobody waits for the answer any more";

	static final CallDeadline INSTANCE = new CallDeadline();

	private CallDeadline() {
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.deferContextual((context) -> {
			SessionCall ticket = SessionCall.of(context);
			if (ticket != null) {
				if (ticket.isOver()) {
					return Mono.error(new CancellationException(NOBODY_WAITS));
				}
				ticket.sending(request.headers().getFirst(HttpHeaders.AUTHORIZATION));
			}
			return isLate(request) ? Mono.error(new TimeoutException(NOBODY_WAITS)) : next.exchange(request);
		});
	}

	private static boolean isLate(ClientRequest request) {
		return request.attribute(McpSessionFilter.DEADLINE).orElse(null) instanceof Long deadline
				&& System.nanoTime() - deadline > 0;
	}

}
