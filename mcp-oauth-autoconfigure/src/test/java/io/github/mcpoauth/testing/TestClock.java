// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

import io.github.mcpoauth.internal.work.Time;

/**
 * A clock that a test moves.
 */
public final class TestClock extends Clock {

	private volatile Instant now;

	private volatile Duration advanced = Duration.ZERO;

	private TestClock(Instant now) {
		this.now = now;
	}

	/**
	 * A clock that stands at a fixed instant with no fraction of a second.
	 */
	public static TestClock fixed() {
		return at(Instant.parse("2026-08-01T12:00:00Z"));
	}

	public static TestClock at(Instant now) {
		return new TestClock(now);
	}

	public TestClock advance(Duration duration) {
		this.now = this.now.plus(duration);
		this.advanced = this.advanced.plus(duration);
		return this;
	}

	/**
	 * Put the clock right, which no pause may notice.
	 */
	public TestClock set(Instant instant) {
		this.now = instant;
		return this;
	}

	/**
	 * This clock, with a counter that passes as real time does and as the test moves the
	 * clock.
	 */
	public Time time() {
		return new Time(this, () -> System.nanoTime() + this.advanced.toNanos());
	}

	@Override
	public Instant instant() {
		return this.now;
	}

	@Override
	public ZoneId getZone() {
		return ZoneOffset.UTC;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		return this;
	}

}
