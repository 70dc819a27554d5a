// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.time.Instant;

import io.github.mcpoauth.AccessToken;
import org.jspecify.annotations.Nullable;

/**
 * The MCP server refused an access token.
 *
 * @param token the token
 * @param since when it was refused first
 * @param replayed whether it was refused although it had just been issued to recover from
 * an earlier refusal, so that yet another token would not help
 * @param takenElsewhere whether the server took the token for another request since, so
 * that the refusal is about one request and not about the token
 */
record RejectedToken(AccessToken token, Instant since, boolean replayed, boolean takenElsewhere) {

	RejectedToken(AccessToken token, Instant since, boolean replayed) {
		this(token, since, replayed, false);
	}

	RejectedToken taken() {
		return new RejectedToken(this.token, this.since, this.replayed, true);
	}

	boolean appliesTo(@Nullable AccessToken other) {
		return this.token.equals(other);
	}

	boolean isYoungerThan(Duration age, Instant now) {
		return now.isBefore(this.since.plus(age));
	}

}
