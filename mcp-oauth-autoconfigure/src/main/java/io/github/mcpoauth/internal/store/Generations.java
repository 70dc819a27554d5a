// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.time.Clock;

import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the grants that replace each other in the store.
 */
public final class Generations {

	private Generations() {
	}

	/**
	 * Give a grant the generation to store it with. Generations begin at the time in
	 * milliseconds, so that a writer that read a grant before its removal holds a lower
	 * generation and loses (law 14).
	 * @param grant the grant
	 * @param replaced the grant that it replaces, {@code null} if there is no record
	 * @param clock the clock
	 * @return the grant with its generation
	 */
	public static Grant next(Grant grant, @Nullable Grant replaced, Clock clock) {
		long now = clock.millis();
		return grant.mutate().generation((replaced != null) ? Math.max(replaced.generation() + 1, now) : now).build();
	}

	/**
	 * Whether a record is the one that a writer has read, which it may replace.
	 * @param stored the grant of the record, {@code null} if absent
	 * @param read the grant that was read, {@code null} if absent
	 * @return {@code true} if the record has the same generation and the same tokens
	 */
	public static boolean isSame(@Nullable Grant stored, @Nullable Grant read) {
		if (stored == null || read == null) {
			return stored == null && read == null;
		}
		return stored.generation() == read.generation() && stored.hasTokensOf(read);
	}

}
