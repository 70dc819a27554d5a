// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link MemoryTokenStore}, whose one instance stands for both processes.
 */
class MemoryTokenStoreTests extends TokenStoreContractTests {

	private final MemoryTokenStore memory = new MemoryTokenStore();

	@Override
	protected TokenStore createStore() {
		return this.memory;
	}

	@Override
	protected void damage(GrantKey key) {
		this.memory.corrupt(key);
	}

	@Test
	void saveWhenTheLockIsNotHeldIsAMistake() {
		Grant grant = Grant.with(Secret.of("one")).generation(1).build();
		assertThatIllegalStateException().isThrownBy(() -> this.memory.save(KEY, grant, null).block(PATIENCE));
	}

	@Test
	void awaitWaitersWhenSomebodyWaitsSaysSo() {
		Disposable holder = this.memory.locked(KEY, PATIENCE, Mono.never()).subscribe();
		Disposable waiter = this.memory.locked(KEY, PATIENCE, Mono.never()).subscribe();
		assertThat(this.memory.awaitWaiters(KEY, 1)).isTrue();
		holder.dispose();
		waiter.dispose();
		assertThat(this.memory.isLocked(KEY)).isFalse();
	}

}
