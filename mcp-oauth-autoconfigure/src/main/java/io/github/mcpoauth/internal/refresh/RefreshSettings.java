// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;

/**
 * How tokens are kept fresh.
 *
 * @param window the last part of a token's life, in which it is renewed while it is used
 * @param freshnessCheck requests less than this apart share one look at the store; zero
 * looks for every request
 * @param recoveryTimeout how long a caller waits for a token; the attempt goes on without
 * the caller
 * @param lockTimeout how long an attempt waits for the lock that it shares with other
 * processes
 * @param storeTimeout how long an attempt waits for one answer of the store; a grant that
 * takes longer to store counts as not stored
 * @param pauses the pauses after failures
 */
public record RefreshSettings(RefreshWindow window, Duration freshnessCheck, Duration recoveryTimeout,
		Duration lockTimeout, Duration storeTimeout, Pauses pauses) {

	private static final RefreshSettings DEFAULTS = new RefreshSettings(RefreshWindow.defaults(), Duration.ofMillis(1),
			Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofSeconds(30),
			new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofMinutes(1)));

	/**
	 * The documented defaults.
	 * @return the settings
	 */
	public static RefreshSettings defaults() {
		return DEFAULTS;
	}

	/**
	 * The pauses after failures.
	 *
	 * @param first the pause after the first transient failure, doubled with each further
	 * one
	 * @param longest the most that pause may grow to, also where the server asks for more
	 * @param rejection how long a token that was rejected, and cannot be replaced, is not
	 * sent again
	 */
	public record Pauses(Duration first, Duration longest, Duration rejection) {
	}

}
