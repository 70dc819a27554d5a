// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * One call of a session on its way from its caller to the wire. The MCP library passes on
 * neither that the caller has gone nor how the HTTP exchange ended, so this travels in
 * the Reactor context and tells both sides.
 */
final class SessionCall {

	private final Sinks.Empty<Void> unanswered = Sinks.empty();

	// Written where an answer ends, read by the thread that sends or resumes
	private volatile boolean over;

	private volatile boolean resuming;

	private volatile boolean answered;

	private volatile @Nullable Secret authorization;

	static @Nullable SessionCall of(ContextView context) {
		return context.getOrDefault(SessionCall.class, null);
	}

	/**
	 * Note that an operation of the MCP library has its answer. Questions that follow
	 * from the answer take longer than its body.
	 * @param <T> the type of result
	 * @param operation the operation
	 * @return the operation
	 */
	static <T> Mono<T> answered(Mono<T> operation) {
		return Mono.deferContextual((context) -> {
			SessionCall call = of(context);
			return (call != null) ? operation.doOnTerminate(() -> call.answered = true) : operation;
		});
	}

	Context addTo(Context context) {
		return context.put(SessionCall.class, this);
	}

	/**
	 * End the call. A request that has not been sent yet will not be sent.
	 */
	void end() {
		this.over = true;
	}

	boolean isOver() {
		return this.over;
	}

	/**
	 * Whether the MCP library has the answer.
	 */
	boolean isAnswered() {
		return this.answered;
	}

	void sending(@Nullable String authorization) {
		this.authorization = (authorization != null) ? Secret.of(authorization) : null;
	}

	/**
	 * The authorization of the last request of the call.
	 * @return the value of the header, or {@code null}
	 */
	@Nullable Secret authorization() {
		return this.authorization;
	}

	/**
	 * Note that the rest of a broken answer was requested.
	 */
	void resuming() {
		this.resuming = true;
	}

	/**
	 * Report the end of a response body. A cancellation by the subscriber is not reported
	 * unless the body had failed before. The rest may be subscribed to again in order to
	 * discard it.
	 * @param response the response
	 * @return the response with its body observed
	 */
	ClientResponse observe(ClientResponse response) {
		if (!response.statusCode().is2xxSuccessful()) {
			return response;
		}
		AtomicBoolean broken = new AtomicBoolean();
		AtomicBoolean ended = new AtomicBoolean();
		return response.mutate().body((body) -> body.doOnError((ex) -> broken.set(true)).doFinally((signal) -> {
			// The body and the discarding of its rest may both end: one of them counts
			if ((signal != SignalType.CANCEL || broken.get()) && ended.compareAndSet(false, true)) {
				bodyEnded();
			}
		})).build();
	}

	/**
	 * Note that a body has ended, with or without the answer in it.
	 */
	void bodyEnded() {
		if (this.resuming) {
			// The next body to end is the rest of this one
			this.resuming = false;
			return;
		}
		// An answer was delivered before the end of its body, so a call that has one is
		// not failed by this signal
		if (!this.answered) {
			this.unanswered.tryEmitEmpty();
		}
	}

	/**
	 * When no answer can arrive any more.
	 * @return a mono that completes then. An answer that did arrive was delivered before
	 */
	Mono<Void> unanswered() {
		return this.unanswered.asMono();
	}

}
