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

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.store.redis.RedisTokenStore;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The store in Redis.
 *
 * @param keyPrefix What the names of all keys begin with.
 */
@ConfigurationProperties(prefix = "mcp.oauth.store.redis", ignoreUnknownFields = false)
record McpOAuthRedisProperties(@DefaultValue(RedisTokenStore.DEFAULT_KEY_PREFIX) String keyPrefix) {

}
