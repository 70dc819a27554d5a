// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.web.reactive.function.BodyInserter;

/**
 * The body of a request, observed while it is written to learn whether it can be written
 * again. A body of several buffers is a stream and is not sent again. A body of one
 * buffer may be a value, or a {@code Mono} that yields it only once: when the second time
 * yields nothing or another length, the request fails instead of being sent shortened.
 */
final class ReplayableBody {

	private final BodyInserter<?, ? super ClientHttpRequest> body;

	// Written by the thread that writes the body, read where the answer arrives
	private volatile int length = -1;

	private volatile boolean streamed;

	private volatile boolean spent;

	ReplayableBody(BodyInserter<?, ? super ClientHttpRequest> body) {
		this.body = body;
	}

	boolean canBeSentAgain() {
		return !this.streamed && !this.spent;
	}

	/**
	 * Whether the body was to be sent again and could not.
	 */
	boolean isSpent() {
		return this.spent;
	}

	Mono<Void> insert(ClientHttpRequest request, BodyInserter.Context context) {
		return this.body.insert(observe(request), context);
	}

	/**
	 * Observe how a body is written.
	 * @param request the request that it is written to
	 * @return the request to write it to instead
	 */
	ClientHttpRequest observe(ClientHttpRequest request) {
		return new Observed(request);
	}

	private <T> Mono<T> fail() {
		this.spent = true;
		return Mono.error(new IllegalStateException("The body of the request can be sent only once"));
	}

	private final class Observed extends ClientHttpRequestDecorator {

		private boolean wrote;

		Observed(ClientHttpRequest request) {
			super(request);
		}

		@Override
		public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
			this.wrote = true;
			if (!(body instanceof Mono)) {
				ReplayableBody.this.streamed = true;
				return super.writeWith(body);
			}
			Mono<? extends DataBuffer> single = (Mono<? extends DataBuffer>) body;
			int before = ReplayableBody.this.length;
			if (before < 0) {
				return super.writeWith(
						single.doOnNext((buffer) -> ReplayableBody.this.length = buffer.readableByteCount()));
			}
			Mono<DataBuffer> again = single.flatMap((buffer) -> {
				if (buffer.readableByteCount() == before) {
					return Mono.<DataBuffer>just(buffer);
				}
				DataBufferUtils.release(buffer);
				return fail();
			});
			return super.writeWith((before > 0) ? again.switchIfEmpty(Mono.defer(ReplayableBody.this::fail)) : again);
		}

		@Override
		public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
			this.wrote = true;
			ReplayableBody.this.streamed = true;
			return super.writeAndFlushWith(body);
		}

		@Override
		public Mono<Void> setComplete() {
			// A body that was written before and has nothing to write now
			return (!this.wrote && ReplayableBody.this.length > 0) ? fail() : super.setComplete();
		}

	}

}
