// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;

import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Several listeners, as one.
 *
 * @param listeners the listeners, of which the first watches work from the outside
 */
record CompositeListener(List<McpOAuthListener> listeners) implements McpOAuthListener {

	CompositeListener {
		listeners = List.copyOf(listeners);
	}

	@Override
	public void onEvent(McpOAuthEvent event) {
		this.listeners.forEach((listener) -> listener.onEvent(event));
	}

	@Override
	public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
			Function<? super T, String> outcome) {
		Mono<T> observed = mono;
		for (int i = this.listeners.size() - 1; i >= 0; i--) {
			observed = this.listeners.get(i).observe(work, caller, observed, outcome);
		}
		return observed;
	}

	@Override
	public void locked(String server, Duration waited) {
		this.listeners.forEach((listener) -> listener.locked(server, waited));
	}

	@Override
	public void landed(String server, int waiters) {
		this.listeners.forEach((listener) -> listener.landed(server, waiters));
	}

}
