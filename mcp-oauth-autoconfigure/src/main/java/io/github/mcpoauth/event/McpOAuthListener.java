// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.event;

import java.time.Duration;
import java.util.function.Function;

import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Hears of {@link McpOAuthEvent events} as they happen, and may watch the work behind
 * them.
 * <p>
 * Its methods are called on any thread, also one that must not be blocked, while others
 * wait: hand the work on and return. They must not fail.
 */
@FunctionalInterface
public interface McpOAuthListener {

	/**
	 * Take note of an event.
	 * @param event the event
	 */
	void onEvent(McpOAuthEvent event);

	/**
	 * Watch some work.
	 * @param <T> the type of its result
	 * @param work the work
	 * @param caller context of the caller that began it. Work that outlives its caller
	 * does not have these entries in its own context
	 * @param mono the work
	 * @param outcome tells a result in a word, of which there are few
	 * @return the work to do instead, which ends as the given does
	 */
	default <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
			Function<? super T, String> outcome) {
		return mono;
	}

	/**
	 * A refresh has got the lock that it shares with other processes.
	 * @param server name of the server
	 * @param waited how long it waited
	 */
	default void locked(String server, Duration waited) {
	}

	/**
	 * A refresh has ended.
	 * @param server name of the server
	 * @param waiters how many callers waited for its end at one time or another
	 */
	default void refreshEnded(String server, int waiters) {
	}

	/**
	 * A listener that does not listen.
	 * @return the listener
	 */
	static McpOAuthListener none() {
		return (event) -> {
		};
	}

}
