// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.concurrent.CompletableFuture;

import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.session.HeldSession.ServerSession;
import io.github.mcpoauth.webclient.RequestAttributes;
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
 * The optional stream on which a client hears of changes at the server. The client sees
 * one stream: it falls silent when the session is lost and goes on with the next session.
 * <p>
 * A server that refuses the stream in any way loses the stream and nothing else. So a
 * refusal neither opens a session nor starts a recovery of the token.
 */
final class EventStream {

	private static final Logger logger = LoggerFactory.getLogger(EventStream.class);

	private final HeldSession session;

	private final ClientRequest request;

	private final ExchangeFunction next;

	private final WorkThreads threads;

	EventStream(HeldSession session, ClientRequest request, ExchangeFunction next, WorkThreads threads) {
		this.session = session;
		this.request = ClientRequest.from(request).attribute(RequestAttributes.OPTIONAL, true).build();
		this.next = next;
		this.threads = threads;
	}

	Mono<ClientResponse> listen() {
		return Mono.deferContextual((context) -> {
			SessionCall call = SessionCall.of(context);
			return (call != null && this.request.headers().containsHeader(McpSessionFilter.LAST_EVENT_ID))
					? resume(call) : open(this.request);
		});
	}

	/**
	 * Ask for the rest of an answer, which only the session that it belongs to has.
	 */
	private Mono<ClientResponse> resume(SessionCall call) {
		call.resuming();
		return this.next.exchange(McpSessionFilter.on(this.session.current(), this.request)).doOnNext((response) -> {
			if (!isStream(response)) {
				call.bodyEnded();
			}
		}).map(call::observe).doOnError((ex) -> call.bodyEnded());
	}

	private Mono<ClientResponse> open(ClientRequest request) {
		return Mono.defer(() -> {
			ServerSession used = this.session.current();
			// Read before the request: a recovery while it is under way counts
			CompletableFuture<Void> recovery = this.session.nextRecovery();
			return this.session.pauseBeforeListening()
				.then(Mono.defer(() -> this.next.exchange(McpSessionFilter.on(used, request))))
				.flatMap((response) -> {
					if (isStream(response)) {
						this.session.streamOpened();
						return Mono.just(response.mutate()
							.body((body) -> body.doOnError((ex) -> this.session.streamFellSilent())
								.concatWith(afterEnd(used)))
							.build());
					}
					// The transports know this status as the answer of a server without
					// a stream
					return response.statusCode().isSameCodeAs(HttpStatus.METHOD_NOT_ALLOWED) ? refused(response)
							: McpSessionFilter.release(response, this.threads)
								.then(Mono.fromSupplier(() -> silent(used, recovery, response.statusCode())));
				})
				.onErrorResume((ex) -> Mono.fromSupplier(() -> silent(used, recovery, ex)));
		});
	}

	private Mono<ClientResponse> refused(ClientResponse response) {
		this.session.streamRefused();
		return Mono.just(response);
	}

	private Flux<DataBuffer> afterEnd(ServerSession used) {
		return Flux.defer(() -> {
			CompletableFuture<Void> recovery = this.session.nextRecovery();
			this.session.streamFellSilent();
			return next(used, recovery);
		});
	}

	private ClientResponse silent(ServerSession used, CompletableFuture<Void> recovery, Object reason) {
		logger.debug("No event stream from {} for now: {}", UntrustedText.withoutSecrets(this.request.url().toString()),
				reason);
		this.session.streamFellSilent();
		return ClientResponse.create(HttpStatus.OK)
			.header(HttpHeaders.CONTENT_TYPE, MediaType.TEXT_EVENT_STREAM_VALUE)
			.body(next(used, recovery))
			.build();
	}

	/**
	 * The events after the present stream: those of the next session, or of this one when
	 * a rejected token has been replaced.
	 */
	private Flux<DataBuffer> next(ServerSession used, CompletableFuture<Void> recovery) {
		ClientRequest fresh = ClientRequest.from(this.request)
			.headers((headers) -> headers.remove(McpSessionFilter.LAST_EVENT_ID))
			.build();
		return Flux.defer(() -> Mono
			.firstWithSignal(Mono.fromFuture(used.successor(), true).then(), Mono.fromFuture(recovery, true).then())
			.then(Mono.defer(() -> open(fresh)))
			.flatMapMany((response) -> isStream(response) ? response.bodyToFlux(DataBuffer.class)
					: McpSessionFilter.release(response, this.threads).thenMany(Flux.empty())));
	}

	static boolean isStream(ClientResponse response) {
		return response.statusCode().is2xxSuccessful()
				&& response.headers().contentType().filter(MediaType.TEXT_EVENT_STREAM::isCompatibleWith).isPresent();
	}

}
