// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.web.reactive.function.BodyInserter;

/**
 * The body of a request, watched while it is written to learn whether it can be written
 * again. What is written as one buffer was a value and can; a stream may be spent and a
 * second subscription may silently send less, so it is not sent again.
 */
final class ReplayableBody implements BodyInserter<Object, ClientHttpRequest> {

	private final BodyInserter<?, ? super ClientHttpRequest> body;

	private volatile boolean streamed;

	ReplayableBody(BodyInserter<?, ? super ClientHttpRequest> body) {
		this.body = body;
	}

	boolean canBeSentAgain() {
		return !this.streamed;
	}

	@Override
	public Mono<Void> insert(ClientHttpRequest request, Context context) {
		return this.body.insert(observe(request), context);
	}

	/**
	 * Watch how a body is written.
	 * @param request what it is written to
	 * @return what to write it to instead
	 */
	ClientHttpRequest observe(ClientHttpRequest request) {
		return new Observed(request);
	}

	private final class Observed extends ClientHttpRequestDecorator {

		Observed(ClientHttpRequest request) {
			super(request);
		}

		@Override
		public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
			if (!(body instanceof Mono)) {
				ReplayableBody.this.streamed = true;
			}
			return super.writeWith(body);
		}

		@Override
		public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
			ReplayableBody.this.streamed = true;
			return super.writeAndFlushWith(body);
		}

	}

}
