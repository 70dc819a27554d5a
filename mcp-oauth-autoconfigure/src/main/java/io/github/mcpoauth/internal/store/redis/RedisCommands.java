// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.util.List;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * Runs scripts. A script that has begun runs to its end, also when its subscription is
 * cancelled. The result is emitted on a thread that may block.
 */
final class RedisCommands {

	private final ReactiveStringRedisTemplate redis;

	RedisCommands(ReactiveRedisConnectionFactory connectionFactory) {
		this.redis = new ReactiveStringRedisTemplate(connectionFactory);
	}

	<T> Mono<T> run(Scheduler scheduler, RedisScript<T> script, List<String> keys, List<String> arguments) {
		return Mono.defer(() -> {
			// Not on the caller's thread: the client waits for a connection while it is
			// subscribed to. Not cancelled: it would be unknown whether the script ran
			Mono<T> command = Mono.defer(() -> this.redis.execute(script, keys, arguments).next())
				.subscribeOn(scheduler);
			return Mono.fromFuture(command.toFuture(), true);
		}).publishOn(scheduler);
	}

}
