// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;

import io.github.mcpoauth.internal.work.Pause;
import io.github.mcpoauth.internal.work.Time;
import org.jspecify.annotations.Nullable;

/**
 * The pause after transient failures, before the next attempt.
 *
 * @param since when the first of the failures in a row happened
 * @param pause the pause
 * @param failures number of failures in a row
 * @param reason one sentence of cause
 */
public record RetryBackoff(Instant since, Pause pause, int failures, String reason) {

	/**
	 * The backoff after one more failure.
	 * @param previous the backoff before, {@code null} if this is the first failure
	 * @param time the time
	 * @param settings the pauses
	 * @param failure the failure
	 * @return the backoff: the pause doubles with each failure, lies at random between
	 * half of that and the whole, and is not shorter than the server asked for, up to the
	 * longest pause
	 */
	public static RetryBackoff after(@Nullable RetryBackoff previous, Time time, RefreshSettings settings,
			Failure failure) {
		int failures = (previous != null) ? previous.failures + 1 : 1;
		long longest = settings.pauses().longest().toMillis();
		long pause = Math.min(longest, settings.pauses().first().toMillis() << Math.min(failures - 1, 20));
		long jittered = pause / 2 + new SplittableRandom(time.nanos()).nextLong(pause / 2 + 1);
		Duration retryAfter = failure.retryAfter();
		long asked = (retryAfter != null) ? Math.min(longest, retryAfter.toMillis()) : 0;
		return new RetryBackoff((previous != null) ? previous.since : time.clock().instant(),
				Pause.begin(time, Duration.ofMillis(Math.max(asked, jittered))), failures, failure.reason());
	}

	/**
	 * Whether the pause goes on.
	 * @param nanos reading of the counter now
	 * @return {@code false} if it is over
	 */
	public boolean isWaiting(long nanos) {
		return !this.pause.isOver(nanos);
	}

	/**
	 * The rest of the pause.
	 * @param nanos reading of the counter now
	 * @return the rest, zero if it is over
	 */
	public Duration remaining(long nanos) {
		return this.pause.remaining(nanos);
	}

	/**
	 * A failure that may pass.
	 *
	 * @param reason one sentence of cause
	 * @param retryAfter the pause that the server asked for, {@code null} if absent
	 */
	public record Failure(String reason, @Nullable Duration retryAfter) {

	}

}
