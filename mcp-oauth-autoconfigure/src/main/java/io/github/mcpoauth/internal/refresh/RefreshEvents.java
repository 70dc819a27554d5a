// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthEvent.LoginRequired;
import io.github.mcpoauth.event.McpOAuthEvent.RefreshFailed;
import io.github.mcpoauth.event.McpOAuthEvent.TokenAdopted;
import io.github.mcpoauth.event.McpOAuthEvent.TokenRefreshed;
import io.github.mcpoauth.event.McpOAuthListener;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the events of one grant. A required login is published once until there is
 * another token.
 */
public final class RefreshEvents {

	private final GrantKey key;

	private final McpServer server;

	private final McpOAuthListener listener;

	private final Clock clock;

	private final AtomicBoolean loginRequired = new AtomicBoolean();

	/**
	 * Create the events of one grant.
	 * @param server the server
	 * @param key the grant
	 * @param listener receives the events
	 * @param clock the clock
	 */
	public RefreshEvents(McpServer server, GrantKey key, McpOAuthListener listener, Clock clock) {
		this.server = server;
		this.key = key;
		this.listener = listener;
		this.clock = clock;
	}

	/**
	 * The token was renewed.
	 * @param expiresAt when the new token expires, {@code null} if not known
	 * @param persisted whether it is stored
	 */
	public void refreshed(@Nullable Instant expiresAt, boolean persisted) {
		accepted();
		publish(new TokenRefreshed(this.key.server(), this.key.principal(), this.clock.instant(), expiresAt,
				persisted));
	}

	/**
	 * Another token was found.
	 * @param expiresAt when it expires, {@code null} if not known
	 */
	public void adopted(@Nullable Instant expiresAt) {
		accepted();
		publish(new TokenAdopted(this.key.server(), this.key.principal(), this.clock.instant(), expiresAt));
	}

	/**
	 * A renewal failed for a reason that may pass.
	 * @param backoff the pause that follows
	 * @param remaining the rest of that pause
	 */
	public void failed(RetryBackoff backoff, Duration remaining) {
		Instant now = this.clock.instant();
		publish(new RefreshFailed(this.key.server(), this.key.principal(), now, backoff.reason(), backoff.failures(),
				now.plus(remaining)));
	}

	/**
	 * The server accepted the token.
	 */
	public void accepted() {
		this.loginRequired.set(false);
	}

	/**
	 * A login is required.
	 * @param reason one sentence of cause
	 * @param correction the setting to correct, {@code null} where a login helps
	 */
	public void loginRequired(String reason, @Nullable String correction) {
		// Many callers learn it at the same time, and one event is enough
		if (this.loginRequired.compareAndSet(false, true)) {
			publish(new LoginRequired(this.key.server(), this.key.principal(), this.clock.instant(), reason,
					(correction != null) ? correction : this.server.action(this.key)));
		}
	}

	private void publish(McpOAuthEvent event) {
		this.listener.onEvent(event);
	}

}
