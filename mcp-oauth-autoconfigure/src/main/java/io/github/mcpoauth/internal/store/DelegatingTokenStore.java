// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.time.Duration;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A store that passes every call on to another one. A subclass changes some of them.
 */
public abstract class DelegatingTokenStore implements TokenStore {

	private final TokenStore store;

	/**
	 * Create a store.
	 * @param store the store to call
	 */
	protected DelegatingTokenStore(TokenStore store) {
		this.store = store;
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return this.store.load(key);
	}

	@Override
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		return this.store.isCurrent(key, stamp);
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		return this.store.save(key, grant, replaces, metadata);
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return this.store.saveLessons(key, lessons);
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return this.store.loadIssuer(key);
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return this.store.bindIssuer(key, issuer);
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return this.store.delete(key);
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return this.store.purge(key);
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return this.store.loadClient(key);
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return this.store.saveClient(key, client);
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return this.store.deleteClient(key);
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return this.store.loadMetadata(key);
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return this.store.locked(key, wait, work);
	}

	@Override
	public boolean canLoseLock() {
		return this.store.canLoseLock();
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return this.store.noteSpending(key, grant, note, young);
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return this.store.withdrawSpending(key, owner);
	}

	@Override
	public @Nullable LoginRecords logins() {
		return this.store.logins();
	}

	@Override
	public void forget(GrantKey key) {
		this.store.forget(key);
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return this.store.list(query);
	}

	@Override
	public String location(GrantKey key) {
		return this.store.location(key);
	}

}
