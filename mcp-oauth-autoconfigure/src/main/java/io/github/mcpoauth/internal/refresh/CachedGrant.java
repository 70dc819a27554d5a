// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.StoredGrant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A stored grant as a provider uses it: what every request needs is worked out once.
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

	private CachedGrant(@Nullable Grant grant, RecordStamp stamp, @Nullable AccessToken token, @Nullable DPoPKey key,
			boolean persisted, @Nullable Grant unpersistedOver, RefreshWindow window, double jitter) {
		this.grant = grant;
		this.stamp = stamp;
		this.persisted = persisted;
		this.unpersistedOver = unpersistedOver;
		this.token = token;
		this.key = key;
		this.answer = Mono.justOrEmpty(token);
		this.staleAt = millis((grant != null) ? window.staleAt(grant, jitter) : null);
		this.expiresAt = millis((grant != null) ? grant.expiresAt() : null);
	}

	private static long millis(@Nullable Instant instant) {
		return (instant != null) ? instant.toEpochMilli() : Long.MAX_VALUE;
	}

	/**
	 * What the store holds.
	 * @param stored the record
	 * @param previous the view before, whose token instance is kept if it is the same
	 * token
	 * @param key the key that the token may be bound to, the same instance for the same
	 * key, {@code null} for none
	 * @param window the refresh window
	 * @param jitter this process's jitter
	 * @return the view
	 */
	static CachedGrant of(StoredGrant stored, @Nullable CachedGrant previous, @Nullable DPoPKey key,
			RefreshWindow window, double jitter) {
		return new CachedGrant(stored.grant(), stored.stamp(), tokenOf(stored.grant(), previous, key), key, true, null,
				window, jitter);
	}

	/**
	 * A grant that could not be stored.
	 * @param grant the grant
	 * @param over what the store holds instead
	 * @param key the key that the token may be bound to, {@code null} for none
	 * @param window the refresh window
	 * @param jitter this process's jitter
	 * @return the view
	 */
	static CachedGrant unpersisted(Grant grant, StoredGrant over, @Nullable DPoPKey key, RefreshWindow window,
			double jitter) {
		return new CachedGrant(grant, over.stamp(), grant.toAccessToken(key), key, false, over.grant(), window, jitter);
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
	 * What the store held when this grant could not be written over it.
	 * @return the stored grant, {@code null} for none or for a persisted view
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
