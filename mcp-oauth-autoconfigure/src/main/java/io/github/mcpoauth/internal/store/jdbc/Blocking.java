// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

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
