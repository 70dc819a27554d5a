// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.session.HeldSession.Incarnation;
import io.github.mcpoauth.webclient.RequestAttributes;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * One request of a session, with at most one new session.
 */
final class HeldExchange {

	private final HeldSession session;

	private final ClientRequest request;

	private final ExchangeFunction next;

	private final Mono<Boolean> authorized;

	private final Duration patience;

	/**
	 * Create an exchange.
	 * @param session the session
	 * @param request the request, as the client sent it
	 * @param next sends it on
	 * @param authorized whether there is a token to send
	 * @param patience how long the request may wait for a session from now on
	 */
	HeldExchange(HeldSession session, ClientRequest request, ExchangeFunction next, Mono<Boolean> authorized,
			Duration patience) {
		this.session = session;
		this.request = request;
		this.next = next;
		this.authorized = authorized;
		this.patience = patience;
	}

	Mono<ClientResponse> send() {
		return Mono.defer(() -> {
			long started = System.nanoTime();
			Incarnation used = this.session.current();
			ClientRequest first = ClientRequest.from(this.request).attribute(RequestAttributes.SESSION, true).build();
			return exchange(used, first).onErrorResume((ex) -> {
				if (isForgotten(ex)) {
					return again(used, wasRecovered(ex), started);
				}
				boolean refused = ex instanceof LoginRequiredException && !(ex instanceof InsufficientScopeException);
				return refused ? unlessNobodyLoggedIn(ex, again(used, true, started)) : Mono.error(ex);
			});
		});
	}

	/**
	 * A refused token may be a refused session, if there was a token. If there is no new
	 * session either, the first refusal stands where that was refused, too.
	 */
	private Mono<ClientResponse> unlessNobodyLoggedIn(Throwable refusal, Mono<ClientResponse> again) {
		return this.authorized.onErrorReturn(false)
			.flatMap((authorized) -> authorized ? again : Mono.<ClientResponse>error(refusal))
			.onErrorMap(NotSentException.class,
					(failure) -> (failure.getCause() instanceof LoginRequiredException) ? refusal : failure);
	}

	private Mono<ClientResponse> again(Incarnation lost, boolean recovered, long started) {
		ClientRequest initialize = this.session.initialize();
		Handshake handshake = new Handshake(recovered ? recovered(initialize) : initialize, this.next);
		return this.session.rebuild(lost, handshake)
			.timeout(remaining(started), Mono.error(TimeoutException::new))
			.onErrorMap(NotSentException::new)
			.flatMap((now) -> exchange(now, recovered(this.request)));
	}

	private static ClientRequest recovered(ClientRequest request) {
		return ClientRequest.from(request).attribute(RequestAttributes.RECOVERED, true).build();
	}

	private static boolean wasRecovered(Throwable failure) {
		return failure instanceof WebClientResponseException response && response.getRequest() != null
				&& response.getRequest().getAttributes().containsKey(RequestAttributes.RECOVERED);
	}

	private Duration remaining(long started) {
		Duration remaining = this.patience.minusNanos(System.nanoTime() - started);
		return remaining.isNegative() ? Duration.ZERO : remaining;
	}

	private Mono<ClientResponse> exchange(Incarnation session, ClientRequest request) {
		return this.next.exchange(McpSessionFilter.on(session, request))
			.flatMap((response) -> (response.statusCode().isSameCodeAs(HttpStatus.NOT_FOUND)
					|| response.statusCode().isSameCodeAs(HttpStatus.BAD_REQUEST)) ? response.createError()
							: Mono.just(response));
	}

	private static boolean isForgotten(Throwable failure) {
		if (!(failure instanceof WebClientResponseException response)) {
			return false;
		}
		return response.getStatusCode().isSameCodeAs(HttpStatus.NOT_FOUND) || !saysOtherwise(response);
	}

	/**
	 * Whether a 400 is the protocol's answer to what was asked, and not about the
	 * session.
	 */
	private static boolean saysOtherwise(WebClientResponseException response) {
		ProtocolError error = ProtocolError.in(response);
		return error != null && error.code() != ProtocolError.SERVER_ERROR;
	}

}
