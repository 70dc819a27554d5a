/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.store.redis;

import java.util.UUID;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import io.github.mcpoauth.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.testing.RedisTestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * The contract of a token store, kept by {@link RedisTokenStore}.
 */
class RedisTokenStoreTests extends TokenStoreContractTests {

	private static LettuceConnectionFactory connectionFactory;

	private final String prefix = UUID.randomUUID() + ":";

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
		return new RedisTokenStore(connectionFactory, this.prefix, RemoteStoreSettings.defaults());
	}

	@Override
	protected void damage(GrantKey key) {
		new StringRedisTemplate(connectionFactory).opsForHash()
			.put(this.prefix + "{" + key.server() + "}:grant", "content", "{\"access");
	}

}
