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
 * Goes along with a call from its caller to the wire. It tells the wire whether the
 * caller still waits, and the caller what became of the exchange: the MCP library passes
 * on neither.
 */
final class SessionCall {

	private final Sinks.Empty<Void> unanswered = Sinks.empty();

	private volatile boolean over;

	private volatile boolean resuming;

	private volatile @Nullable Secret authorization;

	static @Nullable SessionCall of(ContextView context) {
		return context.getOrDefault(SessionCall.class, null);
	}

	Context addTo(Context context) {
		return context.put(SessionCall.class, this);
	}

	/**
	 * Note that nobody waits any more: what was not sent yet will not be.
	 */
	void end() {
		this.over = true;
	}

	boolean isOver() {
		return this.over;
	}

	void sending(@Nullable String authorization) {
		this.authorization = (authorization != null) ? Secret.of(authorization) : null;
	}

	/**
	 * What the last request on behalf of the call was authorized with.
	 * @return the value of the header, {@code null} for none
	 */
	@Nullable Secret authorization() {
		return this.authorization;
	}

	/**
	 * Note that the rest of a broken answer was asked for.
	 */
	void resuming() {
		this.resuming = true;
	}

	/**
	 * Watch the body of an answer for its end. Who cancels it knows why, and says so,
	 * unless it had broken off before; what is left of it may be subscribed to again, to
	 * be thrown away.
	 * @param response the response
	 * @return the same response
	 */
	ClientResponse observe(ClientResponse response) {
		if (!response.statusCode().is2xxSuccessful()) {
			return response;
		}
		AtomicBoolean broken = new AtomicBoolean();
		AtomicBoolean ended = new AtomicBoolean();
		return response.mutate().body((body) -> body.doOnError((ex) -> broken.set(true)).doFinally((signal) -> {
			if ((signal != SignalType.CANCEL || broken.get()) && ended.compareAndSet(false, true)) {
				bodyEnded();
			}
		})).build();
	}

	/**
	 * Note that a body has ended, in which the answer was or was not.
	 */
	void bodyEnded() {
		if (this.resuming) {
			// The next one to end is the rest of it
			this.resuming = false;
			return;
		}
		this.unanswered.tryEmitEmpty();
	}

	/**
	 * When no answer can come any more.
	 * @return a mono that ends then; by that time an answer that did come was delivered
	 */
	Mono<Void> unanswered() {
		return this.unanswered.asMono();
	}

}
