// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.time.Duration;
import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.LeaseTable;
import reactor.core.publisher.Mono;

import org.springframework.data.redis.core.ReactiveStringRedisTemplate;

/**
 * Leases as keys that Redis lets expire.
 */
final class RedisLeaseTable implements LeaseTable {

	private final ReactiveStringRedisTemplate redis;

	private final Keys keys;

	RedisLeaseTable(ReactiveStringRedisTemplate redis, Keys keys) {
		this.redis = redis;
		this.keys = keys;
	}

	@Override
	public Mono<Boolean> take(GrantKey key, String owner, Duration time) {
		return this.redis.opsForValue()
			.setIfAbsent(this.keys.lease(key), owner, time)
			.onErrorMap((ex) -> RedisErrors.translate(key, "locked", ex));
	}

	@Override
	public Mono<Boolean> renew(GrantKey key, String owner, Duration time) {
		return this.redis
			.execute(Scripts.RENEW, List.of(this.keys.lease(key)), List.of(owner, Long.toString(time.toMillis())))
			.next()
			.map((renewed) -> renewed == 1)
			.onErrorMap((ex) -> RedisErrors.translate(key, "locked", ex));
	}

	@Override
	public Mono<Void> giveBack(GrantKey key, String owner) {
		return this.redis
			.execute(Scripts.GIVE_BACK, List.of(this.keys.lease(key)),
					List.of(owner, this.keys.channel(), Messages.givenBack(key)))
			.then()
			.onErrorMap((ex) -> RedisErrors.translate(key, "unlocked", ex));
	}

	@Override
	public String location(GrantKey key) {
		return this.keys.lease(key);
	}

}
