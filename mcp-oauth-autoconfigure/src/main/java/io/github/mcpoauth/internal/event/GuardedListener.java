// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.event;

import java.time.Duration;
import java.util.List;
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
 * Stands between the library and a listener of the application, so that a listener that
 * fails changes nothing. A failure is logged.
 */
public final class GuardedListener implements McpOAuthListener {

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
	public static McpOAuthListener of(McpOAuthListener listener) {
		return (listener instanceof GuardedListener || listener instanceof Several) ? listener
				: new GuardedListener(listener);
	}

	/**
	 * Guard several listeners, each on its own: one that fails does not keep an event
	 * from the others.
	 * @param listeners the listeners. The first one observes work from the outside
	 * @return a listener that does not fail
	 */
	public static McpOAuthListener of(List<McpOAuthListener> listeners) {
		return (listeners.size() == 1) ? of(listeners.get(0))
				: new Several(listeners.stream().map(GuardedListener::of).toList());
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
	public void refreshEnded(String server, int waiters) {
		run(() -> this.listener.refreshEnded(server, waiters));
	}

	@Override
	public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
			Function<? super T, String> outcome) {
		return Mono.defer(() -> {
			Once<T> once = new Once<>(mono);
			Mono<T> observable = once.mono();
			Mono<T> observed;
			try {
				observed = this.listener.observe(work, caller, observable, outcome);
				if (observed.equals(observable)) {
					return mono;
				}
			}
			catch (RuntimeException | LinkageError | AssertionError ex) {
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
	 * Several guarded listeners.
	 */
	private record Several(List<McpOAuthListener> listeners) implements McpOAuthListener {

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
		public void refreshEnded(String server, int waiters) {
			this.listeners.forEach((listener) -> listener.refreshEnded(server, waiters));
		}

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
