// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * Times of a store on a server.
 *
 * @param lease how long a lock outlives a holder that died or was paused; a living holder
 * renews it three times in that span
 * @param pollInterval how often records in use are compared while nothing is pushed
 * @param pollIntervalBehindPush how often records in use are compared while changes are
 * pushed, for messages that were lost
 * @param timeout how long a read may take before the server counts as unreachable
 * @param writeTimeout how long a write may take; afterwards its outcome is unknown. Until
 * the server has answered once, a read may take as long
 */
public record RemoteStoreSettings(Duration lease, Duration pollInterval, Duration pollIntervalBehindPush,
		Duration timeout, Duration writeTimeout) {

	private static final RemoteStoreSettings DEFAULTS = new RemoteStoreSettings(Duration.ofSeconds(5),
			Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofSeconds(2), Duration.ofSeconds(10));

	public RemoteStoreSettings {
		Assert.isTrue(lease.compareTo(Duration.ofSeconds(1)) >= 0, "'lease' must be at least 1 s");
		Assert.isTrue(pollInterval.compareTo(Duration.ZERO) > 0, "'pollInterval' must be positive");
		Assert.isTrue(pollIntervalBehindPush.compareTo(pollInterval) >= 0,
				"'pollIntervalBehindPush' must not be below 'pollInterval'");
		Assert.isTrue(timeout.compareTo(Duration.ZERO) > 0, "'timeout' must be positive");
		Assert.isTrue(writeTimeout.compareTo(Duration.ZERO) > 0, "'writeTimeout' must be positive");
	}

	/**
	 * The defaults: a lease of 5 s, polls each second or each minute behind a push, and 2
	 * s for a read, 10 s for a write.
	 * @return the default times
	 */
	public static RemoteStoreSettings defaults() {
		return DEFAULTS;
	}

	/**
	 * The defaults with another lease and poll interval.
	 * @param lease how long a lock outlives its holder, at least 1 s
	 * @param pollInterval how often records in use are compared while nothing is pushed
	 * @return the times
	 */
	public static RemoteStoreSettings of(Duration lease, Duration pollInterval) {
		Duration behindPush = DEFAULTS.pollIntervalBehindPush;
		return new RemoteStoreSettings(lease, pollInterval,
				(behindPush.compareTo(pollInterval) < 0) ? pollInterval : behindPush, DEFAULTS.timeout,
				DEFAULTS.writeTimeout);
	}

}
