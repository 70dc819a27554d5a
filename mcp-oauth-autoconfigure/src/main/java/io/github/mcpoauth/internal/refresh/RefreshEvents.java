// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Instant;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthEvent.LoginRequired;
import io.github.mcpoauth.event.McpOAuthEvent.RefreshFailed;
import io.github.mcpoauth.event.McpOAuthEvent.TokenAdopted;
import io.github.mcpoauth.event.McpOAuthEvent.TokenRefreshed;
import io.github.mcpoauth.event.McpOAuthListener;
import org.jspecify.annotations.Nullable;

/**
 * Tells what becomes of one grant's token, and that a person is needed only once until
 * there is another token.
 */
final class RefreshEvents {

	private final GrantKey key;

	private final @Nullable String correction;

	private final McpOAuthListener listener;

	private final Clock clock;

	private boolean personNeeded;

	RefreshEvents(McpServer server, GrantKey key, McpOAuthListener listener, Clock clock) {
		this.correction = server.correction();
		this.key = key;
		this.listener = listener;
		this.clock = clock;
	}

	void refreshed(@Nullable Instant expiresAt, boolean persisted) {
		this.personNeeded = false;
		this.listener.onEvent(new TokenRefreshed(this.key.server(), this.key.principal(), this.clock.instant(),
				expiresAt, persisted));
	}

	void adopted(@Nullable Instant expiresAt) {
		this.personNeeded = false;
		this.listener
			.onEvent(new TokenAdopted(this.key.server(), this.key.principal(), this.clock.instant(), expiresAt));
	}

	void failed(RetryBackoff gate, Instant at) {
		this.listener.onEvent(new RefreshFailed(this.key.server(), this.key.principal(), at, gate.reason(),
				gate.failures(), gate.nextTry()));
	}

	void accepted() {
		this.personNeeded = false;
	}

	void personNeeded(String reason) {
		if (!this.personNeeded) {
			this.personNeeded = true;
			String action = (this.correction != null) ? this.correction : this.key.loginCommand();
			this.listener.onEvent(
					new LoginRequired(this.key.server(), this.key.principal(), this.clock.instant(), reason, action));
		}
	}

}
