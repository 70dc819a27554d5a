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

package io.github.mcpoauth.store.jdbc;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Database work as a mono. It runs on {@link Schedulers#boundedElastic()}, and once begun
 * it runs to its end: a cancelled subscription does not interrupt a statement of which
 * nobody would then know whether it was carried out.
 */
final class Blocking {

	private Blocking() {
	}

	static <T> Mono<T> call(Callable<? extends @Nullable T> work) {
		return Mono.defer(() -> {
			CompletableFuture<T> result = new CompletableFuture<>();
			Schedulers.boundedElastic().schedule(() -> {
				try {
					result.complete(work.call());
				}
				catch (Exception | LinkageError ex) {
					result.completeExceptionally(ex);
				}
			});
			return Mono.fromFuture(result, true);
		});
	}

}
