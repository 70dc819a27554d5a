// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.internal.work.Pause;
import org.jspecify.annotations.Nullable;

/**
 * The MCP server rejected an access token.
 *
 * @param token the token
 * @param since when it was rejected first
 * @param pause how long the token is not sent again
 * @param replayed whether it was rejected although it had just been issued to recover
 * from an earlier rejection, so that yet another token would not help
 * @param acceptedElsewhere whether the server accepted the token for another request
 * since, so that the rejection is about one request and not about the token
 */
record RejectedToken(AccessToken token, Instant since, Pause pause, boolean replayed, boolean acceptedElsewhere) {

	RejectedToken accepted() {
		return new RejectedToken(this.token, this.since, this.pause, this.replayed, true);
	}

	RejectedToken withPause(Pause next) {
		return new RejectedToken(this.token, this.since, next, this.replayed, this.acceptedElsewhere);
	}

	boolean appliesTo(@Nullable AccessToken other) {
		return this.token.equals(other);
	}

	/**
	 * Whether the token was rejected right after it was issued, a short time ago.
	 * @param nanos reading of the counter now
	 * @return {@code true} if renewing it again would not help now
	 */
	boolean isHopeless(long nanos) {
		return this.replayed && !this.pause.isOver(nanos);
	}

}
