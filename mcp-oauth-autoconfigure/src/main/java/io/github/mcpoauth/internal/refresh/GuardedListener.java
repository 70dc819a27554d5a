// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Stands between refresh attempts and a listener, so that a listener that fails changes
 * nothing. A failure is logged.
 */
final class GuardedListener implements McpOAuthListener {

	private static final Log logger = LogFactory.getLog(GuardedListener.class);

	private final McpOAuthListener listener;

	private GuardedListener(McpOAuthListener listener) {
		this.listener = listener;
	}

	/**
	 * Guard a listener.
	 * @param listener the listener
	 * @return a listener that does not fail
	 */
	static McpOAuthListener of(McpOAuthListener listener) {
		return (listener instanceof GuardedListener) ? listener : new GuardedListener(listener);
	}

	@Override
	public void onEvent(McpOAuthEvent event) {
		run(() -> this.listener.onEvent(event));
	}

	@Override
	public void locked(String server, Duration waited) {
		run(() -> this.listener.locked(server, waited));
	}

	@Override
	public void landed(String server, int waiters) {
		run(() -> this.listener.landed(server, waiters));
	}

	@Override
	public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
			Function<? super T, String> outcome) {
		return Mono.defer(() -> {
			Once<T> once = new Once<>(mono);
			Mono<T> observed;
			try {
				observed = this.listener.observe(work, caller, once.mono(), outcome);
			}
			catch (RuntimeException | LinkageError ex) {
				failed(ex);
				observed = once.mono();
			}
			// The observation may fail before, during or after the work: the result of
			// the work counts, and the work is done although it was not observed
			return observed.onErrorResume((ex) -> {
				if (!once.failedWith(ex)) {
					failed(ex);
				}
				return once.mono();
			}).switchIfEmpty(once.mono());
		});
	}

	private static void run(Runnable call) {
		try {
			call.run();
		}
		catch (RuntimeException | LinkageError | AssertionError ex) {
			failed(ex);
		}
	}

	private static void failed(Throwable failure) {
		logger.warn("A McpOAuthListener or an observation failed, which changes nothing for the tokens", failure);
	}

	/**
	 * Work that is subscribed to once, with the context of its first subscriber. A
	 * subscriber that cancels leaves it running.
	 */
	private static final class Once<T> {

		private final Mono<T> work;

		private final AtomicReference<@Nullable CompletableFuture<@Nullable T>> started = new AtomicReference<>();

		Once(Mono<T> work) {
			this.work = work;
		}

		Mono<T> mono() {
			return Mono.deferContextual((context) -> {
				CompletableFuture<@Nullable T> mine = new CompletableFuture<>();
				// Two subscribers must not refresh twice: the second one gets the result
				// of the first
				CompletableFuture<@Nullable T> theirs = this.started.compareAndExchange(null, mine);
				if (theirs != null) {
					return Mono.fromFuture(theirs, true);
				}
				this.work.contextWrite(context)
					.subscribe(mine::complete, mine::completeExceptionally, () -> mine.complete(null));
				return Mono.fromFuture(mine, true);
			});
		}

		boolean failedWith(Throwable failure) {
			CompletableFuture<@Nullable T> result = this.started.get();
			if (result == null || !result.isCompletedExceptionally()) {
				return false;
			}
			try {
				result.join();
				return false;
			}
			catch (CompletionException ex) {
				return failure.equals(ex.getCause());
			}
		}

	}

}
