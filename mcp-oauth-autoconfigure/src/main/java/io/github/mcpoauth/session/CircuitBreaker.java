// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Leaves a server alone that has failed several calls in a row, then lets one call try
 * whether it is back.
 */
final class CircuitBreaker {

	private final int mostFailures;

	private final Duration pause;

	private final Clock clock;

	private int failures;

	private @Nullable Instant openUntil;

	private boolean probing;

	private @Nullable String lastFailure;

	CircuitBreaker(int mostFailures, Duration pause, Clock clock) {
		this.mostFailures = mostFailures;
		this.pause = pause;
		this.clock = clock;
	}

	/**
	 * Ask to make a call. Whoever may go must say how it ended.
	 * @return {@code null} to go, or why not
	 */
	synchronized @Nullable Refusal tryCall() {
		if (this.openUntil == null) {
			return null;
		}
		Duration remaining = Duration.between(this.clock.instant(), this.openUntil);
		if (remaining.isNegative() || remaining.isZero()) {
			if (!this.probing) {
				this.probing = true;
				return null;
			}
			remaining = Duration.ofSeconds(1);
		}
		return new Refusal(remaining, this.failures, this.lastFailure);
	}

	synchronized void succeeded() {
		this.failures = 0;
		this.openUntil = null;
		this.probing = false;
		this.lastFailure = null;
	}

	synchronized void failed(@Nullable String reason) {
		this.failures++;
		this.probing = false;
		this.lastFailure = reason;
		if (this.failures >= this.mostFailures) {
			this.openUntil = this.clock.instant().plus(this.pause);
		}
	}

	/**
	 * Note that a call ended in a way that says nothing about the server.
	 */
	synchronized void undecided() {
		this.probing = false;
	}

	/**
	 * Why a call may not be made.
	 *
	 * @param remaining how long the server is left alone
	 * @param failures how many calls have failed in a row
	 * @param lastFailure what the last one failed with
	 */
	record Refusal(Duration remaining, int failures, @Nullable String lastFailure) {
	}

}
