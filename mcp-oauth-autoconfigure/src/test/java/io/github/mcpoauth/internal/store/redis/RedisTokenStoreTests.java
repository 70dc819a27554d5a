// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.util.UUID;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import io.github.mcpoauth.testing.RedisTestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * The contract of a token store, kept by {@link RedisTokenStore}.
 */
class RedisTokenStoreTests extends TokenStoreContractTests {

	private static LettuceConnectionFactory connectionFactory;

	private final String prefix = UUID.randomUUID() + ":";

	private final WorkThreads threads = WorkThreads.platform();

	@AfterEach
	void closeThreads() {
		this.threads.close();
	}

	@BeforeAll
	static void connect() {
		connectionFactory = new LettuceConnectionFactory("127.0.0.1", RedisTestServer.shared().port());
		connectionFactory.afterPropertiesSet();
		connectionFactory.start();
	}

	@AfterAll
	static void disconnect() {
		connectionFactory.destroy();
	}

	@Override
	protected TokenStore createStore() {
		return new RedisTokenStore(connectionFactory, this.prefix, RemoteStoreSettings.defaults(), this.threads);
	}

	@Override
	protected void damage(GrantKey key) {
		new StringRedisTemplate(connectionFactory).opsForHash()
			.put(this.prefix + "{" + key.server() + "}:grant", "content", "{\"access");
	}

}
