// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Stops the calls to a server after several failures in a row. After a pause it admits
 * one call as a probe. A probe that reports no result within another pause is replaced.
 */
final class CircuitBreaker {

	private static final Duration WHILE_PROBING = Duration.ofSeconds(1);

	private final int mostFailures;

	private final long pause;

	private final LongSupplier nanoTime;

	private int failures;

	private boolean open;

	private long openedAt;

	private boolean probing;

	private long probedAt;

	private @Nullable String lastFailure;

	CircuitBreaker(int mostFailures, Duration pause, LongSupplier nanoTime) {
		this.mostFailures = mostFailures;
		this.pause = pause.toNanos();
		this.nanoTime = nanoTime;
	}

	/**
	 * Ask to make a call. A caller that is admitted reports the result.
	 * @return {@code null} if admitted, otherwise the reason for refusing
	 */
	synchronized @Nullable OpenCircuit tryCall() {
		if (!this.open) {
			return null;
		}
		long now = this.nanoTime.getAsLong();
		long remaining = this.pause - (now - this.openedAt);
		if (remaining > 0) {
			return new OpenCircuit(Duration.ofNanos(remaining), this.failures, this.lastFailure);
		}
		// A probe that is never reported must not keep the circuit open for ever
		if (this.probing && now - this.probedAt < this.pause) {
			return new OpenCircuit(WHILE_PROBING, this.failures, this.lastFailure);
		}
		this.probing = true;
		this.probedAt = now;
		return null;
	}

	synchronized void succeeded() {
		this.failures = 0;
		this.open = false;
		this.probing = false;
		this.lastFailure = null;
	}

	synchronized void failed(@Nullable String reason) {
		this.failures++;
		this.probing = false;
		this.lastFailure = reason;
		if (this.failures >= this.mostFailures) {
			this.open = true;
			this.openedAt = this.nanoTime.getAsLong();
		}
	}

	/**
	 * Report a call with a result that tells nothing about the server.
	 */
	synchronized void undecided() {
		this.probing = false;
	}

	/**
	 * The reason for refusing a call.
	 *
	 * @param remaining how long the pause still lasts
	 * @param failures number of failures in a row
	 * @param lastFailure the last failure
	 */
	record OpenCircuit(Duration remaining, int failures, @Nullable String lastFailure) {
	}

}
