// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * The time of this machine and of all agents, which a test can put forward, so that
 * tokens expire without waiting for it.
 */
final class AgentClock extends Clock {

	private volatile Duration ahead = Duration.ZERO;

	void putForward(Duration ahead) {
		this.ahead = ahead;
	}

	@Override
	public Instant instant() {
		return Instant.now().plus(this.ahead);
	}

	@Override
	public ZoneId getZone() {
		return ZoneOffset.UTC;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		throw new UnsupportedOperationException("The time of day is not used");
	}

}
