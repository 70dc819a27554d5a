// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * The one place where a command waits, which it may: nothing else runs on its thread.
 */
final class Results {

	private Results() {
	}

	/**
	 * Wait for a result. How long is bounded by the timeouts of what is waited for.
	 * @param <T> type of the result
	 * @param result the result
	 * @return its value
	 */
	static <T> T of(Mono<T> result) {
		@Nullable T value = result.block();
		Assert.state(value != null, "There was no result");
		return value;
	}

}
