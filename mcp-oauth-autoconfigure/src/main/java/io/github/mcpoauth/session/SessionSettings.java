// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * Timeouts of sessions, and when calls to a failing server are paused.
 *
 * @param requestTimeout how long a call may take from the first try to its answer
 * @param connectTimeout how long a new session may take
 * @param breakerFailures after how many failures in a row calls are paused
 * @param breakerPause how long calls are paused before one call tries again
 */
public record SessionSettings(Duration requestTimeout, Duration connectTimeout, int breakerFailures,
		Duration breakerPause) {

	public SessionSettings {
		Assert.isTrue(isPositive(requestTimeout), "'requestTimeout' must be positive");
		Assert.isTrue(isPositive(connectTimeout), "'connectTimeout' must be positive");
		Assert.isTrue(breakerFailures > 0, "'breakerFailures' must be positive");
		Assert.isTrue(isPositive(breakerPause), "'breakerPause' must be positive");
	}

	/**
	 * The defaults.
	 * @return the settings
	 */
	public static SessionSettings defaults() {
		return new SessionSettings(Duration.ofSeconds(60), Duration.ofSeconds(15), 3, Duration.ofSeconds(60));
	}

	private static boolean isPositive(Duration duration) {
		return !duration.isNegative() && !duration.isZero();
	}

}
