// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import io.github.mcpoauth.session.HeldSession.Incarnation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * The stream a client listens to for what the server has to say unasked. It falls silent
 * with the session and speaks again on the next one; the client sees one stream. It never
 * opens a session itself, since a server without such a stream may answer 404 too.
 */
final class EventStream {

	private static final Logger logger = LoggerFactory.getLogger(EventStream.class);

	private final HeldSession session;

	private final ClientRequest request;

	private final ExchangeFunction next;

	EventStream(HeldSession session, ClientRequest request, ExchangeFunction next) {
		this.session = session;
		this.request = request;
		this.next = next;
	}

	Mono<ClientResponse> listen() {
		return Mono.deferContextual((context) -> {
			SessionCall ticket = SessionCall.of(context);
			return (ticket != null && this.request.headers().containsHeader(McpSessionFilter.LAST_EVENT_ID))
					? resume(ticket) : open(this.request);
		});
	}

	/**
	 * Ask for the rest of an answer, which only the session that it belongs to has.
	 */
	private Mono<ClientResponse> resume(SessionCall ticket) {
		ticket.resuming();
		return this.next.exchange(McpSessionFilter.on(this.session.current(), this.request)).doOnNext((response) -> {
			if (!isStream(response)) {
				ticket.bodyEnded();
			}
		}).map(ticket::observe).doOnError((ex) -> ticket.bodyEnded());
	}

	private Mono<ClientResponse> open(ClientRequest request) {
		Incarnation used = this.session.current();
		return this.session.brake()
			.then(Mono.defer(() -> this.next.exchange(McpSessionFilter.on(used, request))))
			.map((response) -> isStream(response)
					? response.mutate().body((body) -> body.concatWith(Flux.defer(() -> after(used)))).build()
					: response)
			.flatMap((response) -> isRefused(response) ? response.createError() : Mono.just(response))
			.onErrorResume((ex) -> {
				logger.debug("Not listening to {} until its session is built anew", request.url(), ex);
				return Mono.just(silent(used));
			});
	}

	private ClientResponse silent(Incarnation used) {
		return ClientResponse.create(HttpStatus.OK)
			.header(HttpHeaders.CONTENT_TYPE, MediaType.TEXT_EVENT_STREAM_VALUE)
			.body(Flux.defer(() -> after(used)))
			.build();
	}

	private Flux<DataBuffer> after(Incarnation used) {
		ClientRequest fresh = ClientRequest.from(this.request)
			.headers((headers) -> headers.remove(McpSessionFilter.LAST_EVENT_ID))
			.build();
		return Mono.fromFuture(used.successor(), true)
			.flatMap((successor) -> open(fresh))
			.filter(EventStream::isStream)
			.flatMapMany((response) -> response.bodyToFlux(DataBuffer.class));
	}

	private static boolean isRefused(ClientResponse response) {
		return response.statusCode().isSameCodeAs(HttpStatus.NOT_FOUND)
				|| response.statusCode().isSameCodeAs(HttpStatus.BAD_REQUEST);
	}

	private static boolean isStream(ClientResponse response) {
		return response.statusCode().is2xxSuccessful()
				&& response.headers().contentType().filter(MediaType.TEXT_EVENT_STREAM::isCompatibleWith).isPresent();
	}

}
