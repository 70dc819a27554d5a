// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.event.McpOAuthWork.Operation;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Reports the operations of another store to a listener. The lock is not among them: the
 * wait for it is measured by its caller, and the work under it is not the store's.
 */
public final class ObservedTokenStore extends DelegatingTokenStore {

	private static final String DONE = "done";

	private final McpOAuthListener listener;

	/**
	 * Create a store.
	 * @param store the store
	 * @param listener observes it
	 */
	public ObservedTokenStore(TokenStore store, McpOAuthListener listener) {
		super(store);
		this.listener = listener;
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return observed(key, Operation.LOAD, super.load(key));
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		return observed(key, Operation.SAVE, super.save(key, grant, replaces, metadata));
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return observed(key, Operation.DELETE, super.delete(key));
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return observed(key, Operation.PURGE, super.purge(key));
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return observed(key, Operation.LOAD_CLIENT, super.loadClient(key));
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return observed(key, Operation.SAVE_CLIENT, super.saveClient(key, client));
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return observed(key, Operation.DELETE_CLIENT, super.deleteClient(key));
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return observed(key, Operation.LOAD_METADATA, super.loadMetadata(key));
	}

	/**
	 * Under no server's name: a query can name any, and each name would be another
	 * metric.
	 */
	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return observed(McpOAuthWork.store(ANY_SERVER, Operation.LIST), super.list(query));
	}

	private <T> Mono<T> observed(GrantKey key, Operation operation, Mono<T> mono) {
		return observed(McpOAuthWork.store(key.server(), operation), mono);
	}

	private <T> Mono<T> observed(McpOAuthWork work, Mono<T> mono) {
		return Mono.deferContextual((caller) -> this.listener.observe(work, caller, mono, (result) -> DONE));
	}

}
