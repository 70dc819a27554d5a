// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;
import java.util.Objects;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * The next grant was refused. Holds until what was refused is replaced, so that no late
 * 401 asks again.
 *
 * @param spent the token that was refused, or would have been replaced, {@code null} for
 * none
 * @param stamp the state of what was refused besides
 * @param reason one sentence of cause
 * @param since when it was refused
 * @param until when it is over in any case, {@code null} for never
 */
record RefusedRenewal(@Nullable Secret spent, Object stamp, String reason, Instant since, @Nullable Instant until) {

	boolean isAbout(@Nullable Secret token) {
		return Objects.equals(this.spent, token);
	}

	boolean isOver(Instant now) {
		return this.until != null && !now.isBefore(this.until);
	}

}
