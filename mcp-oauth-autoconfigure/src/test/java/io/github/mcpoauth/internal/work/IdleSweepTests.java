// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link IdleSweep}.
 */
class IdleSweepTests {

	private static final Duration IDLE = Duration.ofMinutes(10);

	private final AtomicLong now = new AtomicLong();

	private final IdleSweep sweep = new IdleSweep(3, IDLE, this.now::get);

	private final List<Long> entries = new ArrayList<>();

	@Test
	void sweepWhenEntriesAreIdleDropsThoseOnly() {
		add(0, 5);
		this.now.set(IDLE.toNanos() + 1);
		sweep();
		assertThat(this.entries).containsExactly(5L);
	}

	@Test
	void sweepWhenThereAreTooManyDropsThoseIdleLongest() {
		add(4, 1, 3, 2);
		this.now.set(10);
		sweep();
		assertThat(this.entries).containsExactlyInAnyOrder(4L, 3L);
	}

	@Test
	void sweepWhenAnEntryIsInUseKeepsIt() {
		add(1, 2);
		this.now.set(2 * IDLE.toNanos());
		this.sweep.sweep(List.copyOf(this.entries), (entry) -> entry,
				(entry) -> entry != 1 && this.entries.remove(entry));
		assertThat(this.entries).containsExactly(1L);
	}

	@Test
	void isDueWhenAskedTwiceAnswersOneCaller() {
		assertThat(this.sweep.isDue(1)).isFalse();
		this.now.set(IDLE.toNanos());
		assertThat(this.sweep.isDue(1)).isTrue();
		assertThat(this.sweep.isDue(1)).isFalse();
		this.now.addAndGet(Duration.ofSeconds(1).toNanos());
		assertThat(this.sweep.isDue(1)).isFalse();
		assertThat(this.sweep.isDue(3)).isTrue();
	}

	private void add(long... used) {
		for (long each : used) {
			this.entries.add(each);
		}
	}

	private void sweep() {
		this.sweep.sweep(List.copyOf(this.entries), (entry) -> entry, this.entries::remove);
	}

}
