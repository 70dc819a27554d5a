// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.registration;

import java.time.Instant;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.ServerStatus.GrantDetails;

/**
 * A token of the application's own login.
 *
 * @param token the token
 * @param details the facts that are no secret
 */
public record ClientToken(AccessToken token, GrantDetails details) {

	boolean isExpired(Instant now) {
		Instant expiresAt = this.token.expiresAt();
		return expiresAt != null && !now.isBefore(expiresAt);
	}

	/**
	 * Whether it can be used now, or renewed without the user.
	 */
	boolean isUsable(Instant now) {
		return !isExpired(now) || this.details.refreshTokenPresent();
	}

}
