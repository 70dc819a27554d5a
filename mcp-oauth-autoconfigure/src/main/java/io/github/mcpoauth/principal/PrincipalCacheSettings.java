// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * How many grants and sessions of principals a process remembers. The application's own
 * are always remembered. An evicted entry is read, or opened, when it is needed again.
 *
 * @param most the most entries that can be evicted: a grant that could not be stored, or
 * is being renewed, stays
 * @param idle how long one may be out of use
 */
public record PrincipalCacheSettings(int most, Duration idle) {

	public PrincipalCacheSettings {
		Assert.isTrue(most > 0, "'most' must be positive");
		Assert.isTrue(!idle.isNegative() && !idle.isZero(), "'idle' must be positive");
	}

	/**
	 * The documented defaults.
	 * @return the settings
	 */
	public static PrincipalCacheSettings defaults() {
		return new PrincipalCacheSettings(10_000, Duration.ofMinutes(30));
	}

}
