// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.internal.store.redis.RedisTokenStore;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The store in Redis.
 *
 * @param keyPrefix Prefix of the names of all keys.
 */
@ConfigurationProperties(prefix = "mcp.oauth.store.redis", ignoreUnknownFields = false)
record McpOAuthRedisProperties(@DefaultValue(RedisTokenStore.DEFAULT_KEY_PREFIX) String keyPrefix) {

}
