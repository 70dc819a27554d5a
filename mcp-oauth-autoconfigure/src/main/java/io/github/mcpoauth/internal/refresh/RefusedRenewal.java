// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;
import java.util.Objects;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.work.Pause;
import org.jspecify.annotations.Nullable;

/**
 * The authorization server refused to renew a grant. It is not asked again until the
 * token or the other credentials that were refused are replaced.
 *
 * @param replaced the token that the next grant would have replaced, {@code null} if
 * absent
 * @param stamp the state of the other credentials that were refused
 * @param reason one sentence of cause
 * @param correction the setting to correct, {@code null} where a login helps
 * @param since when it was refused
 * @param believed how long the refusal is believed, {@code null} until something changes
 */
record RefusedRenewal(@Nullable Secret replaced, Object stamp, String reason, @Nullable String correction,
		Instant since, @Nullable Pause believed) {

	boolean isAbout(@Nullable Secret token) {
		return Objects.equals(this.replaced, token);
	}

	boolean isOver(long nanos) {
		return this.believed != null && this.believed.isOver(nanos);
	}

	/**
	 * Whether the refusal ends by itself.
	 * @return {@code true} if a later attempt may succeed although nothing is known to
	 * have changed
	 */
	boolean isTemporary() {
		return this.believed != null;
	}

}
