// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Bounds of logging in and out that are not a server's own.
 *
 * @param lockTimeout how long to wait for the lock on a grant
 * @param probeTimeout how long the MCP server may take to answer the request that asks
 * for its challenge
 * @param revocationTimeout how long revoking at the authorization server may take in all
 * @param refusal why no user may log in, and the remedy, {@code null} if users may
 */
public record LoginSettings(Duration lockTimeout, Duration probeTimeout, Duration revocationTimeout,
		@Nullable String refusal) {

	/**
	 * Default time to wait for the lock on a grant.
	 */
	public static final Duration DEFAULT_LOCK_TIMEOUT = Duration.ofSeconds(60);

	/**
	 * Default time for the MCP server's challenge.
	 */
	public static final Duration DEFAULT_PROBE_TIMEOUT = Duration.ofSeconds(10);

	/**
	 * Default time for the revocation of a grant.
	 */
	public static final Duration DEFAULT_REVOCATION_TIMEOUT = Duration.ofSeconds(15);

	public LoginSettings {
		Assert.isTrue(isPositive(lockTimeout), "'lockTimeout' must be positive");
		Assert.isTrue(isPositive(probeTimeout), "'probeTimeout' must be positive");
		Assert.isTrue(isPositive(revocationTimeout), "'revocationTimeout' must be positive");
	}

	/**
	 * Bounds of logins that are not refused.
	 * @param lockTimeout how long to wait for the lock on a grant
	 * @param probeTimeout how long the MCP server may take to answer
	 * @param revocationTimeout how long revoking may take in all
	 */
	public LoginSettings(Duration lockTimeout, Duration probeTimeout, Duration revocationTimeout) {
		this(lockTimeout, probeTimeout, revocationTimeout, null);
	}

	/**
	 * The default bounds.
	 * @return the settings
	 */
	public static LoginSettings defaults() {
		return new LoginSettings(DEFAULT_LOCK_TIMEOUT, DEFAULT_PROBE_TIMEOUT, DEFAULT_REVOCATION_TIMEOUT);
	}

	/**
	 * Refuse all logins of users.
	 * @param refusal the reason and the remedy
	 * @return the same bounds
	 */
	public LoginSettings refusing(String refusal) {
		return new LoginSettings(this.lockTimeout, this.probeTimeout, this.revocationTimeout, refusal);
	}

	private static boolean isPositive(Duration duration) {
		return !duration.isZero() && !duration.isNegative();
	}

}
