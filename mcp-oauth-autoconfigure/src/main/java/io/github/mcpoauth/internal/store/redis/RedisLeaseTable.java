// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.time.Duration;
import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.LeaseTable;
import io.github.mcpoauth.internal.store.remote.RemoteEvents;
import io.github.mcpoauth.internal.work.WorkThreads;
import reactor.core.publisher.Mono;

/**
 * Leases as keys that Redis lets expire.
 */
final class RedisLeaseTable implements LeaseTable {

	private final RedisCommands commands;

	private final Keys keys;

	private final WorkThreads threads;

	RedisLeaseTable(RedisCommands commands, Keys keys, WorkThreads threads) {
		this.commands = commands;
		this.keys = keys;
		this.threads = threads;
	}

	@Override
	public Mono<Boolean> take(GrantKey key, String owner, Duration time) {
		return this.commands
			.run(this.threads.blocking(), Scripts.TAKE, List.of(this.keys.lease(key)),
					List.of(owner, Long.toString(time.toMillis())))
			.map((taken) -> taken == 1);
	}

	@Override
	public Mono<Boolean> renew(GrantKey key, String owner, Duration time) {
		return this.commands
			.run(this.threads.leases(), Scripts.RENEW, List.of(this.keys.lease(key)),
					List.of(owner, Long.toString(time.toMillis())))
			.map((renewed) -> renewed == 1);
	}

	@Override
	public Mono<Void> giveBack(GrantKey key, String owner) {
		return this.commands
			.run(this.threads.blocking(), Scripts.GIVE_BACK, List.of(this.keys.lease(key)),
					List.of(owner, this.keys.channel(), RemoteEvents.givenBack(key)))
			.then();
	}

	@Override
	public String location(GrantKey key) {
		return this.keys.lease(key);
	}

}
