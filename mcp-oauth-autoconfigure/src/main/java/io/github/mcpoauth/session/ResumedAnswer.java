// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.List;

import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * The event stream with the answer to one call, as one stream. A server may end it before
 * the answer, in order to hold no connection. The rest is then asked for, after the pause
 * that the server has named (MCP 2025-11-25, Streamable HTTP, Sending Messages to the
 * Server).
 */
final class ResumedAnswer {

	private static final Logger logger = LoggerFactory.getLogger(ResumedAnswer.class);

	/**
	 * Each time at least {@link EventPosition#SHORTEST} passes, and the call ends
	 * earlier.
	 */
	private static final int MOST_RESUMPTIONS = 1000;

	private final HeldSession session;

	private final SessionCall call;

	private final ClientRequest request;

	private final ExchangeFunction next;

	private final WorkThreads threads;

	// Written and read by one stream after the other
	private int resumptions;

	ResumedAnswer(HeldSession session, SessionCall call, ClientRequest request, ExchangeFunction next,
			WorkThreads threads) {
		this.session = session;
		this.call = call;
		this.request = request;
		this.next = next;
		this.threads = threads;
	}

	/**
	 * Add the rest to a response.
	 * @param response the response to the call
	 * @return the response, whose body goes on where the server lets it
	 */
	ClientResponse complete(ClientResponse response) {
		return EventStream.isStream(response) ? response.mutate().body(this::complete).build() : response;
	}

	private Flux<DataBuffer> complete(Flux<DataBuffer> body) {
		return Flux.defer(() -> {
			EventPosition position = new EventPosition();
			return body.doOnNext(position::read).concatWith(Flux.defer(() -> rest(position)));
		});
	}

	private Flux<DataBuffer> rest(EventPosition position) {
		String id = position.id();
		if (id == null || this.call.isAnswered() || this.resumptions++ >= MOST_RESUMPTIONS) {
			return Flux.empty();
		}
		return pause(position.pause()).thenMany(Flux.defer(() -> this.call.isOver() ? Flux.empty() : resume(id)));
	}

	private Mono<Void> pause(Duration pause) {
		return Mono.delay(pause, this.threads.timer()).publishOn(this.threads.blocking()).then();
	}

	private Flux<DataBuffer> resume(String id) {
		ClientRequest rest = ClientRequest.create(HttpMethod.GET, this.request.url()).headers((headers) -> {
			headers.putAll(this.request.headers());
			headers.setAccept(List.of(MediaType.TEXT_EVENT_STREAM));
			headers.setContentType(null);
			headers.set(McpSessionFilter.LAST_EVENT_ID, id);
		})
			.attributes((attributes) -> attributes.putAll(this.request.attributes()))
			.attribute(RequestAttributes.OPTIONAL, true)
			.build();
		return this.next.exchange(McpSessionFilter.on(this.session.current(), rest))
			.flatMapMany((response) -> EventStream.isStream(response) ? complete(response.bodyToFlux(DataBuffer.class))
					: McpSessionFilter.release(response, this.threads).thenMany(Flux.<DataBuffer>empty()))
			.onErrorResume((ex) -> {
				logger.debug("The rest of an answer cannot be had", ex);
				return Flux.empty();
			});
	}

}
