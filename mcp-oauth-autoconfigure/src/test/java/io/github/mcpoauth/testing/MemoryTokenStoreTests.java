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
