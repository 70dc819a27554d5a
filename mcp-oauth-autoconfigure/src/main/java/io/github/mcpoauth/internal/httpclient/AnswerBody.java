// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * The body of an answer, which waits until its reader is ready. A body that is handed on
 * as a publisher tells its subscriber of the end only after its subscription is made, and
 * filters that watch the body would hear of that end before the subscriber.
 */
final class AnswerBody {

	private final Flux<List<ByteBuffer>> data;

	private final Sinks.Empty<Void> opened = Sinks.empty();

	private final AtomicBoolean started = new AtomicBoolean();

	AnswerBody(Flux<List<ByteBuffer>> data) {
		this.data = data;
	}

	/**
	 * The body.
	 * @return the buffers, once it is open
	 */
	Flux<List<ByteBuffer>> flux() {
		// Not thenMany(), which keeps an end to itself that comes while it subscribes
		return Flux.defer(() -> this.started.compareAndSet(false, true) ? this.data : Flux.empty())
			.delaySubscription(this.opened.asMono())
			.doOnCancel(this::release);
	}

	/**
	 * Close the connection of a body that was not read.
	 */
	private void release() {
		// A body that has a reader is left to it: a second subscriber would fail the
		// first
		if (this.started.compareAndSet(false, true)) {
			this.data.subscribe().dispose();
		}
	}

	/**
	 * Let the body flow.
	 */
	void open() {
		this.opened.tryEmitEmpty();
	}

	/**
	 * Let the body flow when the result of the body handler is ready.
	 * @param <T> the type of the body
	 * @param read the result of the body handler
	 * @return the same, or a publisher in its place
	 */
	@SuppressWarnings("unchecked") // The handler promised a publisher and gets one
	<T> T open(T read) {
		if (read instanceof Flow.Publisher<?> publisher) {
			return (T) opening((Flow.Publisher<Object>) publisher);
		}
		open();
		return read;
	}

	private Flow.Publisher<Object> opening(Flow.Publisher<Object> publisher) {
		return (subscriber) -> {
			publisher.subscribe(subscriber);
			open();
		};
	}

}
