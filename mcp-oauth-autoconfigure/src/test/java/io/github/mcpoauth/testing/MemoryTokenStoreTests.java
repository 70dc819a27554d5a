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

import java.time.Duration;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.StoredGrant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link MemoryTokenStore}.
 */
class MemoryTokenStoreTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("test");

	private final MemoryTokenStore store = new MemoryTokenStore();

	@Test
	void saveWhenNothingIsStoredAndNothingReplacedStores() {
		StoredGrant absent = load();
		save(grant("one", 1), null);
		assertThat(this.store.isCurrent(KEY, absent.stamp())).isFalse();
		assertThat(this.store.isCurrent(KEY, load().stamp())).isTrue();
		assertThat(this.store.get(KEY)).isEqualTo(grant("one", 1));
	}

	@Test
	void saveWhenTheReplacedRecordIsGoneFails() {
		save(grant("one", 1), null);
		this.store.delete(KEY).block(PATIENCE);
		assertThatExceptionOfType(GrantConflictException.class)
			.isThrownBy(() -> save(grant("two", 2), grant("one", 1)));
		assertThat(this.store.get(KEY)).isNull();
	}

	@Test
	void saveWhenAnotherRecordIsStoredFails() {
		this.store.put(KEY, grant("other", 1));
		assertThatExceptionOfType(GrantConflictException.class)
			.isThrownBy(() -> save(grant("two", 2), grant("one", 1)));
	}

	@Test
	void saveWhenTheLockIsNotHeldFails() {
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.store.save(KEY, grant("one", 1), null).block(PATIENCE));
	}

	@Test
	void lockedWhenHeldWaitsForTheHolder() {
		Sinks.Empty<Void> first = Sinks.empty();
		Disposable holder = this.store.locked(KEY, PATIENCE, first.asMono()).subscribe();
		Mono<String> second = this.store.locked(KEY, PATIENCE, Mono.just("second")).cache();
		Disposable waiter = second.subscribe();
		assertThat(waiter.isDisposed()).isFalse();
		first.tryEmitEmpty();
		assertThat(second.block(PATIENCE)).isEqualTo("second");
		assertThat(this.store.isLocked(KEY)).isFalse();
		holder.dispose();
	}

	@Test
	void lockedWhenTheHolderIsCancelledIsFree() {
		Disposable holder = this.store.locked(KEY, PATIENCE, Mono.never()).subscribe();
		assertThat(this.store.isLocked(KEY)).isTrue();
		holder.dispose();
		assertThat(this.store.isLocked(KEY)).isFalse();
	}

	@Test
	void lockedWhenNotHadInTimeFailsWithoutTheWork() {
		Disposable holder = this.store.locked(KEY, PATIENCE, Mono.never()).subscribe();
		assertThatExceptionOfType(LockTimeoutException.class).isThrownBy(() -> this.store
			.locked(KEY, Duration.ofMillis(10), Mono.error(new IllegalStateException("must not run")))
			.block(PATIENCE));
		holder.dispose();
	}

	@Test
	void noteSpendingWhenNotedBeforeSaysSo() {
		assertThat(note("a")).isFalse();
		assertThat(note("a")).isTrue();
		assertThat(note("b")).isFalse();
		this.store.withdrawSpending(KEY).block(PATIENCE);
		assertThat(note("b")).isFalse();
	}

	private @Nullable Boolean note(String fingerprint) {
		return this.store.locked(KEY, PATIENCE, this.store.noteSpending(KEY, fingerprint)).block(PATIENCE);
	}

	private StoredGrant load() {
		return Objects.requireNonNull(this.store.load(KEY).block(PATIENCE));
	}

	private void save(Grant grant, @Nullable Grant replaces) {
		this.store.locked(KEY, PATIENCE, this.store.save(KEY, grant, replaces)).block(PATIENCE);
	}

	private static Grant grant(String accessToken, long generation) {
		return Grant.with(Secret.of(accessToken)).generation(generation).build();
	}

}
