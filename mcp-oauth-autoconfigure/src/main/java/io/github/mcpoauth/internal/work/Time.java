// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Clock;
import java.util.function.LongSupplier;

/**
 * The two measures of time. Expiries are compared with the clock, which an operator may
 * put right at any moment. Pauses are measured with the nanosecond counter, which only
 * ever grows.
 *
 * @param clock the clock, for points in time that others know as well
 * @param nanoTime the counter of {@link System#nanoTime()}, for spans
 */
public record Time(Clock clock, LongSupplier nanoTime) {

	/**
	 * Combine a clock with the counter of this JVM.
	 * @param clock the clock
	 * @return the time
	 */
	public static Time of(Clock clock) {
		return new Time(clock, System::nanoTime);
	}

	/**
	 * Read the counter.
	 * @return nanoseconds since an arbitrary point
	 */
	public long nanos() {
		return this.nanoTime.getAsLong();
	}

}
