// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Instant;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.StoredGrant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A stored grant as a provider uses it. All that a request needs is computed once.
 */
final class CachedGrant {

	private final @Nullable Grant grant;

	private final RecordStamp stamp;

	private final @Nullable Grant unpersistedOver;

	private final boolean persisted;

	private final @Nullable AccessToken token;

	private final @Nullable DPoPKey key;

	private final Mono<AccessToken> answer;

	private final long staleAt;

	private final long expiresAt;

	private CachedGrant(StoredGrant record, @Nullable Grant unpersisted, @Nullable CachedGrant previous, Clock clock,
			RefreshWindow window, double jitter) {
		Grant grant = (unpersisted != null) ? unpersisted : record.grant();
		this.grant = grant;
		this.stamp = record.stamp();
		this.persisted = unpersisted == null;
		this.unpersistedOver = this.persisted ? null : record.grant();
		this.key = keyOf(grant, previous, clock);
		this.token = tokenOf(grant, previous, this.key);
		this.answer = Mono.justOrEmpty(this.token);
		this.staleAt = millis((grant != null) ? window.staleAt(grant, jitter) : null);
		this.expiresAt = millis((grant != null) ? grant.expiresAt() : null);
	}

	private static long millis(@Nullable Instant instant) {
		return (instant != null) ? instant.toEpochMilli() : Long.MAX_VALUE;
	}

	/**
	 * Cache a record.
	 * @param stored the record
	 * @param previous the grant cached before, its token and key instances are kept if
	 * they are the same, {@code null} if absent
	 * @param clock the clock
	 * @param window the refresh window
	 * @param jitter this process's jitter
	 * @return the cached grant
	 */
	static CachedGrant of(StoredGrant stored, @Nullable CachedGrant previous, Clock clock, RefreshWindow window,
			double jitter) {
		return new CachedGrant(stored, null, previous, clock, window, jitter);
	}

	/**
	 * Cache a grant that could not be stored.
	 * @param grant the grant
	 * @param over the record that it would replace
	 * @param previous the grant cached before, {@code null} if absent
	 * @param clock the clock
	 * @param window the refresh window
	 * @param jitter this process's jitter
	 * @return the cached grant
	 */
	static CachedGrant unpersisted(Grant grant, StoredGrant over, @Nullable CachedGrant previous, Clock clock,
			RefreshWindow window, double jitter) {
		return new CachedGrant(over, grant, previous, clock, window, jitter);
	}

	/**
	 * The key of a grant. It outlives the grant's tokens and remembers nonces, so the
	 * same key keeps its instance. A stored key that cannot be understood is reported by
	 * {@link GrantBinding}.
	 */
	private static @Nullable DPoPKey keyOf(@Nullable Grant grant, @Nullable CachedGrant previous, Clock clock) {
		Secret secret = (grant != null) ? grant.dpopKey() : null;
		if (secret == null) {
			return null;
		}
		DPoPKey known = (previous != null) ? previous.key : null;
		if (known != null && known.toSecret().equals(secret)) {
			return known;
		}
		try {
			return DPoPKey.of(secret, clock);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	@SuppressWarnings("ReferenceEquality") // the same key is the same instance
	private static @Nullable AccessToken tokenOf(@Nullable Grant grant, @Nullable CachedGrant previous,
			@Nullable DPoPKey key) {
		if (grant == null) {
			return null;
		}
		AccessToken token = grant.toAccessToken(key);
		AccessToken before = (previous != null) ? previous.token() : null;
		boolean same = previous != null && before != null && before.equals(token) && before.type().equals(token.type())
				&& Objects.equals(before.expiresAt(), token.expiresAt()) && previous.key == key;
		return same ? before : token;
	}

	@Nullable Grant grant() {
		return this.grant;
	}

	RecordStamp stamp() {
		return this.stamp;
	}

	boolean isPersisted() {
		return this.persisted;
	}

	/**
	 * The stored grant that this one could not be written over.
	 * @return the stored grant, {@code null} if absent or if this one is stored
	 */
	@Nullable Grant unpersistedOver() {
		return this.unpersistedOver;
	}

	@Nullable AccessToken token() {
		return this.token;
	}

	Mono<AccessToken> answer() {
		return this.answer;
	}

	boolean isFresh(long now) {
		return now < this.staleAt;
	}

	boolean isExpired(long now) {
		return now >= this.expiresAt;
	}

}
