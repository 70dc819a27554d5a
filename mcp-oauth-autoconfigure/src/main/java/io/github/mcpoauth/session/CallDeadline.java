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
 * The last filter before the wire. It stops requests after their caller has gone or has
 * waited too long, because waiting for a token or a session takes part of the caller's
 * time.
 */
final class CallDeadline implements ExchangeFilterFunction {

	private static final String CALLER_GONE = "The caller no longer waits for the answer";

	static final CallDeadline INSTANCE = new CallDeadline();

	private CallDeadline() {
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.deferContextual((context) -> {
			SessionCall call = SessionCall.of(context);
			if (call != null) {
				if (call.isOver()) {
					return Mono.error(new CancellationException(CALLER_GONE));
				}
				call.sending(request.headers().getFirst(HttpHeaders.AUTHORIZATION));
			}
			return isLate(request) ? Mono.error(new TimeoutException(CALLER_GONE)) : next.exchange(request);
		});
	}

	private static boolean isLate(ClientRequest request) {
		return request.attribute(McpSessionFilter.DEADLINE).orElse(null) instanceof Long deadline
				&& System.nanoTime() - deadline > 0;
	}

}
