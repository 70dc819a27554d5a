// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.manager;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * When grants of principals that can never be used again are removed, and the records of
 * logins that ended long ago.
 *
 * @param after how long a grant must have been unusable, {@code null} to remove no grant
 * @param first pause before the first pass. A random time of up to the same length is
 * added, so that nodes that start together begin one after the other
 * @param betweenPages pause after each page of a pass
 * @param betweenPasses pause after a pass
 */
public record CleanupSettings(@Nullable Duration after, Duration first, Duration betweenPages, Duration betweenPasses) {

	/**
	 * Remove nothing.
	 * @return the settings
	 */
	public static CleanupSettings off() {
		return after(null);
	}

	/**
	 * Remove grants with the default pauses.
	 * @param after how long a grant must have been unusable, {@code null} to remove no
	 * grant
	 * @return the settings
	 */
	public static CleanupSettings after(@Nullable Duration after) {
		return new CleanupSettings(after, Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofHours(6));
	}

}
