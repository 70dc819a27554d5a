// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.time.Instant;

import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The last part of an access token's life, in which it is renewed while it is still used.
 *
 * @param share share of the lifetime, above 0 and at most 0.5
 * @param shortest the least the window may be
 * @param longest the most the window may be
 */
public record RefreshWindow(double share, Duration shortest, Duration longest) {

	private static final RefreshWindow DEFAULT = new RefreshWindow(0.1, Duration.ofSeconds(30), Duration.ofMinutes(5));

	public RefreshWindow {
		Assert.isTrue(share > 0 && share <= 0.5, "'share' must be above 0 and at most 0.5");
		Assert.isTrue(!shortest.isNegative() && shortest.compareTo(longest) <= 0,
				"'shortest' must not be negative nor above 'longest'");
	}

	/**
	 * The default: the last 10 % of the lifetime, at least 30 s, at most 5 min.
	 * @return the default window
	 */
	public static RefreshWindow defaults() {
		return DEFAULT;
	}

	/**
	 * When a grant becomes stale.
	 * @param grant the grant
	 * @param jitter a number from 0 (inclusive) to 1 (exclusive) that is this process's
	 * own: the larger, the later, by at most a quarter of the window, so that processes
	 * that share a grant do not renew it in the same instant
	 * @return the instant, never before the first half of the lifetime is over,
	 * {@code null} for a grant that does not expire
	 */
	public @Nullable Instant staleAt(Grant grant, double jitter) {
		Instant expiresAt = grant.expiresAt();
		if (expiresAt == null) {
			return null;
		}
		Duration window = this.shortest;
		Instant issuedAt = grant.issuedAt();
		if (issuedAt != null && issuedAt.isBefore(expiresAt)) {
			Duration lifetime = Duration.between(issuedAt, expiresAt);
			Duration part = Duration.ofMillis((long) (lifetime.toMillis() * this.share));
			window = smaller(smaller(larger(part, this.shortest), this.longest), lifetime.dividedBy(2));
		}
		return expiresAt.minusMillis((long) (window.toMillis() * (1 - jitter / 4)));
	}

	private static Duration smaller(Duration one, Duration other) {
		return (one.compareTo(other) <= 0) ? one : other;
	}

	private static Duration larger(Duration one, Duration other) {
		return (one.compareTo(other) >= 0) ? one : other;
	}

}
