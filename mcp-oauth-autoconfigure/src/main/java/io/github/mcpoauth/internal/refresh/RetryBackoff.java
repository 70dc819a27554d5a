// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;

/**
 * The earliest next try after a transient failure.
 *
 * @param since when the first of the failures in a row happened
 * @param nextTry before this instant nothing is sent
 * @param failures how many there were in a row
 * @param reason one sentence of cause
 */
record RetryBackoff(Instant since, Instant nextTry, int failures, String reason) {

	/**
	 * The gate after one more failure.
	 * @param previous the gate before, {@code null} if this is the first failure
	 * @param now the instant
	 * @param settings the pauses
	 * @param retryAfter what the server asked for, {@code null} for nothing
	 * @param reason one sentence of cause
	 * @return the gate: the pause doubles with each failure, lies between half of that
	 * and the whole by chance, and is never shorter than what the server asked for, up to
	 * the longest pause
	 */
	static RetryBackoff after(@Nullable RetryBackoff previous, Instant now, RefreshSettings settings,
			@Nullable Duration retryAfter, String reason) {
		int failures = (previous != null) ? previous.failures + 1 : 1;
		long longest = settings.longestRetry().toMillis();
		long pause = Math.min(longest, settings.firstRetry().toMillis() << Math.min(failures - 1, 20));
		long jittered = pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
		long asked = (retryAfter != null) ? Math.min(longest, retryAfter.toMillis()) : 0;
		return new RetryBackoff((previous != null) ? previous.since : now, now.plusMillis(Math.max(asked, jittered)),
				failures, reason);
	}

	boolean isClosed(Instant now) {
		return now.isBefore(this.nextTry);
	}

	Duration remaining(Instant now) {
		return Duration.between(now, this.nextTry);
	}

}
