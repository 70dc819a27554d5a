// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Observes refreshes, recoveries, logins, discoveries and operations of the store. A
 * refresh or login outlives the caller that began it, and is a child of that caller's
 * observation all the same.
 */
public final class McpOAuthObservations implements McpOAuthListener {

	private static final McpOAuthObservationConvention DEFAULT_CONVENTION = new McpOAuthObservationConvention() {
	};

	private static final String NOTHING = "nothing";

	private final ObservationRegistry registry;

	private final @Nullable McpOAuthObservationConvention convention;

	/**
	 * Create a listener.
	 * @param registry takes the observations
	 * @param convention names them, {@code null} for the documented names
	 */
	public McpOAuthObservations(ObservationRegistry registry, @Nullable McpOAuthObservationConvention convention) {
		this.registry = registry;
		this.convention = convention;
	}

	@Override
	public void onEvent(McpOAuthEvent event) {
		// Observations have a beginning and an end
	}

	@Override
	public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
			Function<? super T, String> outcome) {
		if (this.registry.isNoop()) {
			return mono;
		}
		return Mono.defer(() -> {
			McpOAuthObservationContext context = new McpOAuthObservationContext(work);
			Observation parent = caller.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			Observation observation = Observation
				.createNotStarted(this.convention, DEFAULT_CONVENTION, () -> context, this.registry)
				.parentObservation((parent != null) ? parent : this.registry.getCurrentObservation())
				.start();
			AtomicBoolean stopped = new AtomicBoolean();
			Runnable stop = () -> {
				// A result and a cancellation may come at once: a second stop would count
				// twice
				if (stopped.compareAndSet(false, true)) {
					observation.stop();
				}
			};
			// Before the result is passed on, so that a caller's observation ends after
			// its child
			return mono.doOnSuccess((result) -> context.setOutcome((result != null) ? outcome.apply(result) : NOTHING))
				.doOnError((ex) -> {
					context.setOutcome(outcome(ex));
					observation.error(ex);
				})
				.doOnTerminate(stop)
				.doOnCancel(stop)
				.contextWrite((own) -> own.put(ObservationThreadLocalAccessor.KEY, observation));
		});
	}

	private static String outcome(Throwable failure) {
		return ((failure instanceof McpOAuthException ours) ? ours.getKind() : McpOAuthException.Kind.FAILED).outcome();
	}

}
