// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;

/**
 * A span of time that began at some moment. It is measured with the nanosecond counter,
 * so a clock that is put right neither shortens nor lengthens it.
 *
 * @param from reading of the counter at the beginning
 * @param length how long the pause lasts
 */
public record Pause(long from, Duration length) {

	/**
	 * Begin a pause now.
	 * @param time the time
	 * @param length how long it lasts
	 * @return the pause
	 */
	public static Pause begin(Time time, Duration length) {
		return new Pause(time.nanos(), length);
	}

	/**
	 * Whether the pause is over.
	 * @param nanos reading of the counter now
	 * @return {@code true} if it has lasted its length
	 */
	public boolean isOver(long nanos) {
		return nanos - this.from >= this.length.toNanos();
	}

	/**
	 * How long the pause lasts from now.
	 * @param nanos reading of the counter now
	 * @return the rest, zero if it is over
	 */
	public Duration remaining(long nanos) {
		return Duration.ofNanos(Math.max(0, this.length.toNanos() - (nanos - this.from)));
	}

}
