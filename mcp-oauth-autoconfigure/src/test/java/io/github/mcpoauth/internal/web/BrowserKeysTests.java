// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.memory.InMemoryLoginRecords;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The key of the page's forms, read from a store that takes its time.
 */
class BrowserKeysTests {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final WorkThreads threads = WorkThreads.of(Schedulers.immediate(), Schedulers.immediate(), this.time,
			System::nanoTime);

	private final SlowRecords records = new SlowRecords();

	private final BrowserKeys keys = new BrowserKeys(this.records, this.threads);

	@Test
	@DisplayName("The first contact with a store may take longer than a page waits for one that is away")
	void refreshWhenTheFirstContactIsSlowWaitsForTheKeyOfAll() {
		this.records.pause = Duration.ofSeconds(10);
		refresh();
		assertThat(this.keys.isProof("form", "browser", null, another().proof("form", "browser", null))).isTrue();
	}

	@Test
	void refreshWhenStoreIsAwayKeepsTheKeyThatWasRead() {
		String proof = another().proof("form", "browser", null);
		refresh();
		this.records.pause = Duration.ofDays(1);
		StepVerifier.create(this.keys.refresh())
			.then(() -> this.time.advanceTimeBy(Duration.ofSeconds(4)))
			.verifyComplete();
		assertThat(this.keys.isProof("form", "browser", null, proof)).isTrue();
	}

	@Test
	void refreshWhenStoreIsAwayFromTheBeginningEnds() {
		this.records.pause = Duration.ofDays(1);
		StepVerifier.create(this.keys.refresh())
			.then(() -> this.time.advanceTimeBy(Duration.ofMinutes(1)))
			.verifyComplete();
		String proof = this.keys.proof("form", "browser", null);
		assertThat(this.keys.isProof("form", "browser", null, proof)).isTrue();
	}

	private void refresh() {
		StepVerifier.create(this.keys.refresh())
			.then(() -> this.time.advanceTimeBy(this.records.pause))
			.verifyComplete();
	}

	/**
	 * The keys of another process with the same store.
	 */
	private BrowserKeys another() {
		BrowserKeys another = new BrowserKeys(this.records.records, this.threads);
		StepVerifier.create(another.refresh()).verifyComplete();
		return another;
	}

	/**
	 * Answers late.
	 */
	private final class SlowRecords implements LoginRecords {

		private final InMemoryLoginRecords records = new InMemoryLoginRecords(BrowserKeysTests.this.threads);

		private Duration pause = Duration.ZERO;

		@Override
		public Mono<String> key(@Nullable String expected, String next) {
			return this.records.key(expected, next).delaySubscription(this.pause, BrowserKeysTests.this.time);
		}

		@Override
		public Mono<String> load(GrantKey key) {
			return this.records.load(key);
		}

		@Override
		public Mono<Boolean> replace(GrantKey key, @Nullable String expected, @Nullable String next,
				Duration lifetime) {
			return this.records.replace(key, expected, next, lifetime);
		}

	}

}
