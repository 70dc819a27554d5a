// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.session.HeldSession.ServerSession;
import io.github.mcpoauth.webclient.RequestAttributes;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * One request of a session. It opens at most one new session and is sent at most twice.
 */
final class HeldExchange {

	private final HeldSession session;

	private final ClientRequest request;

	private final ExchangeFunction next;

	private final Mono<Boolean> authorized;

	private final Duration patience;

	private final WorkThreads threads;

	/**
	 * Create an exchange.
	 * @param session the session
	 * @param request the request, as the client sent it
	 * @param next sends it on
	 * @param authorized whether there is a token to send
	 * @param patience how long the request may wait for a session from now on
	 * @param threads run the deadline
	 */
	HeldExchange(HeldSession session, ClientRequest request, ExchangeFunction next, Mono<Boolean> authorized,
			Duration patience, WorkThreads threads) {
		this.session = session;
		this.request = request;
		this.next = next;
		this.authorized = authorized;
		this.patience = patience;
		this.threads = threads;
	}

	Mono<ClientResponse> send() {
		return Mono.defer(() -> {
			long started = System.nanoTime();
			ServerSession used = this.session.current();
			ClientRequest first = ClientRequest.from(this.request).attribute(RequestAttributes.SESSION, true).build();
			return exchange(used, first).onErrorResume((ex) -> {
				if (isForgotten(ex)) {
					return sendAgain(used, wasRecovered(ex), started);
				}
				boolean rejected = ex instanceof LoginRequiredException && !(ex instanceof InsufficientScopeException);
				return rejected ? unlessUnauthorized(ex, sendAgain(used, true, started)) : Mono.error(ex);
			});
		});
	}

	/**
	 * A 401 may reject the session rather than the token, so one new session is opened if
	 * there is a token. If that is rejected as well, the caller sees the first rejection.
	 */
	private Mono<ClientResponse> unlessUnauthorized(Throwable rejection, Mono<ClientResponse> again) {
		return this.authorized.onErrorReturn(false)
			.flatMap((authorized) -> authorized ? again : Mono.<ClientResponse>error(rejection))
			.onErrorMap(NotSentException.class,
					(failure) -> (failure.getCause() instanceof LoginRequiredException) ? rejection : failure);
	}

	private Mono<ClientResponse> sendAgain(ServerSession lost, boolean recovered, long started) {
		ClientRequest initialize = this.session.initialize();
		Handshake handshake = new Handshake(recovered ? recovered(initialize) : initialize, this.next);
		return this.session.rebuild(lost, handshake)
			.timeout(remaining(started), this.threads.deliver(new TimeoutException("No session was opened in time")),
					this.threads.timer())
			.onErrorMap(NotSentException::new)
			.flatMap((now) -> exchange(now, recovered(this.request)));
	}

	private static ClientRequest recovered(ClientRequest request) {
		return ClientRequest.from(request).attribute(RequestAttributes.RECOVERED, true).build();
	}

	private static boolean wasRecovered(Throwable failure) {
		return failure instanceof WebClientResponseException response && response.getRequest() != null
				&& wasRecovered(response.getRequest());
	}

	private static boolean wasRecovered(HttpRequest request) {
		return request.getAttributes().containsKey(RequestAttributes.RECOVERED);
	}

	private Duration remaining(long started) {
		Duration remaining = this.patience.minusNanos(System.nanoTime() - started);
		return remaining.isNegative() ? Duration.ZERO : remaining;
	}

	private Mono<ClientResponse> exchange(ServerSession session, ClientRequest request) {
		return this.next.exchange(McpSessionFilter.on(session, request)).flatMap((response) -> {
			if (response.statusCode().isSameCodeAs(HttpStatus.NOT_FOUND)
					|| response.statusCode().isSameCodeAs(HttpStatus.BAD_REQUEST)) {
				return response.createError();
			}
			if (response.statusCode().is2xxSuccessful() && wasRecovered(response.request())) {
				this.session.recovered();
			}
			return Mono.just(response);
		});
	}

	private static boolean isForgotten(Throwable failure) {
		if (!(failure instanceof WebClientResponseException response)) {
			return false;
		}
		return response.getStatusCode().isSameCodeAs(HttpStatus.NOT_FOUND) || !saysOtherwise(response);
	}

	/**
	 * Whether a 400 carries an error of the protocol that is about the request and not
	 * about the session.
	 */
	private static boolean saysOtherwise(WebClientResponseException response) {
		ProtocolError error = ProtocolError.in(response);
		return error != null && error.code() != ProtocolError.SERVER_ERROR;
	}

}
