// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.ServerStatus;
import org.jspecify.annotations.Nullable;

/**
 * A server as a visitor gets to see it.
 *
 * @param status its state
 * @param login the login in flight, {@code null} for none
 * @param own whether the visitor started that login
 */
record ServerConnection(ServerStatus status, @Nullable Login login, boolean own) {

	/**
	 * Whether there is something to take away.
	 */
	boolean hasGrant() {
		return isGrantKnown() || this.status.state() != ServerStatus.State.LOGIN_REQUIRED;
	}

	/**
	 * Whether there is something to say about it. Where the store cannot be read, there
	 * is not.
	 */
	boolean isGrantKnown() {
		return this.status.issuedAt() != null || this.status.expiresAt() != null || this.status.refreshTokenPresent()
				|| !this.status.scopes().isEmpty() || this.status.state() == ServerStatus.State.AUTHORIZED;
	}

}
