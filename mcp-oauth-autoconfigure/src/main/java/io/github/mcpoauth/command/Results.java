/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
