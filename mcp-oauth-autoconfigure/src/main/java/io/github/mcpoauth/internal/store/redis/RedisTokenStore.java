// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.store.remote.RemoteTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;

/**
 * Keeps grants in Redis, for nodes that share them. They are as durable as that Redis is:
 * one that may lose acknowledged writes when it restarts or fails over may lose logins.
 * <p>
 * Every command is a script, because Redis clients send scripts to the primary also when
 * they read from replicas.
 */
public final class RedisTokenStore extends RemoteTokenStore {

	/**
	 * The default start of all key names.
	 */
	public static final String DEFAULT_KEY_PREFIX = "mcp-oauth:";

	/**
	 * Create a store.
	 * @param connectionFactory the source of connections
	 * @param keyPrefix the start of the names of all keys and of the channel
	 * @param settings times
	 * @param threads the threads of the manager
	 */
	public RedisTokenStore(ReactiveRedisConnectionFactory connectionFactory, String keyPrefix,
			RemoteStoreSettings settings, WorkThreads threads) {
		super(new RedisRecords(connectionFactory, new Keys(keyPrefix), settings, threads), settings, threads);
	}

}
