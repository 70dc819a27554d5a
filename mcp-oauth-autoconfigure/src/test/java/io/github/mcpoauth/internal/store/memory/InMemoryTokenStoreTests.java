// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.memory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link InMemoryTokenStore} keeps the contract of a token store. Managers that share it
 * have one instance, so it is the same one for both.
 */
class InMemoryTokenStoreTests extends TokenStoreContractTests {

	private final WorkThreads threads = WorkThreads.platform();

	private final InMemoryTokenStore shared = new InMemoryTokenStore(this.threads);

	@Override
	protected TokenStore createStore() {
		return this.shared;
	}

	@Override
	protected void damage(GrantKey key) {
		throw new UnsupportedOperationException("Only this process writes to its memory");
	}

	@Override
	protected boolean isDamageable() {
		return false;
	}

	@AfterEach
	void closeThreads() {
		this.threads.close();
	}

	@Test
	void canLoseLockIsFalse() {
		assertThat(this.store.canLoseLock()).isFalse();
	}

	@Test
	void isCurrentWhenRecordWasReplacedAndRemovedAndWrittenAgainIsFalse() {
		get(save(this.store, KEY, grant("first", 1), null));
		RecordStamp first = get(this.store.load(KEY)).stamp();
		run(this.store.delete(KEY));
		RecordStamp absent = get(this.store.load(KEY)).stamp();
		StoredGrant again = get(save(this.store, KEY, grant("first", 1), null));
		assertThat(this.store.isCurrent(KEY, first)).isFalse();
		assertThat(this.store.isCurrent(KEY, absent)).isFalse();
		assertThat(this.store.isCurrent(KEY, again.stamp())).isTrue();
	}

	@Test
	void lockedWhenSeveralWaitLetsThemInInTheirOrder() {
		Sinks.Empty<Void> holder = Sinks.empty();
		List<Integer> entered = new CopyOnWriteArrayList<>();
		List<Mono<Void>> waiters = new ArrayList<>(List.of(this.store.locked(KEY, PATIENCE, holder.asMono())));
		for (int number = 1; number <= 20; number++) {
			int waiter = number;
			waiters.add(this.store.locked(KEY, PATIENCE, Mono.fromRunnable(() -> entered.add(waiter))));
		}
		Mono<Void> all = Flux.merge(waiters).then().cache();
		all.subscribe();
		holder.tryEmitEmpty();
		all.block(PATIENCE);
		assertThat(entered).isSorted().hasSize(20);
	}

	@Test
	void lockedWhenTimeIsOverFailsOnAThreadThatMayBlock() {
		Sinks.Empty<Void> holder = Sinks.empty();
		this.store.locked(KEY, PATIENCE, holder.asMono()).subscribe();
		List<String> threads = new CopyOnWriteArrayList<>();
		Mono<Void> late = this.store.locked(KEY, Duration.ofMillis(50), Mono.<Void>empty())
			.doOnError((ex) -> threads.add(Thread.currentThread().getName()));
		assertThatExceptionOfType(LockTimeoutException.class).isThrownBy(() -> late.block(PATIENCE));
		assertThat(threads).singleElement().asString().startsWith("mcp-oauth-work-");
		holder.tryEmitEmpty();
	}

}
