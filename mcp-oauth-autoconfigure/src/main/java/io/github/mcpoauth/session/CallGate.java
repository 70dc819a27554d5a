/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
final class CallGate implements ExchangeFilterFunction {

	private static final String NOBODY_WAITS = "Nobody waits for the answer any more";

	static final CallGate INSTANCE = new CallGate();

	private CallGate() {
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.deferContextual((context) -> {
			CallTicket ticket = CallTicket.of(context);
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
