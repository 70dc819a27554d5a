// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.work.WorkThreads;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RecordWatch}, with a clock and a server that the test moves.
 */
class RecordWatchTests {

	private static final GrantKey KEY = GrantKey.of("linear");

	private static final GrantKey OTHER_KEY = GrantKey.of("github");

	private static final RemoteStoreSettings SETTINGS = new RemoteStoreSettings(Duration.ofSeconds(10),
			Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(10));

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private final AtomicLong nanoTime = new AtomicLong();

	private final Map<GrantKey, Revision> stored = new HashMap<>();

	private final List<Collection<GrantKey>> comparisons = new ArrayList<>();

	private Sinks.Empty<Void> answer = completed();

	private final RecordWatch watch = new RecordWatch(this::answer, SETTINGS,
			WorkThreads.of(Schedulers.immediate(), Schedulers.immediate(), this.timer, this.nanoTime::get));

	@Test
	void isCurrentWhenNeverLoadedIsFalse() {
		assertThat(this.watch.isCurrent(KEY, Revision.NONE)).isFalse();
	}

	@Test
	void isCurrentWhenLoadedComparesNothingUntilThePollInterval() {
		Revision revision = loaded(KEY);
		after(Duration.ofMillis(999));
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		assertThat(this.comparisons).isEmpty();
	}

	@Test
	void isCurrentWhenPollIntervalIsOverComparesBehindTheAnswer() {
		Revision revision = loaded(KEY);
		Revision next = write(KEY);
		this.answer = Sinks.empty();
		after(Duration.ofMillis(1000));
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		assertThat(this.comparisons).hasSize(1);
		this.answer.tryEmitEmpty();
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
		assertThat(this.watch.isCurrent(KEY, next)).isTrue();
	}

	@Test
	@DisplayName("A record that no caller asked for in a while is not believed")
	void isCurrentWhenTwoPollIntervalsAreOverIsFalse() {
		Revision revision = loaded(KEY);
		after(Duration.ofSeconds(2));
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
	}

	@Test
	void isCurrentWhenPushedComparesLessOften() {
		this.watch.connected();
		Revision revision = loaded(KEY);
		after(Duration.ofSeconds(29));
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		assertThat(this.comparisons).isEmpty();
		after(Duration.ofSeconds(1));
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		assertThat(this.comparisons).hasSize(1);
	}

	@Test
	void isCurrentWhenChangeWasPushedIsFalse() {
		this.watch.connected();
		Revision revision = loaded(KEY);
		Revision next = write(KEY);
		this.watch.changed(KEY, next);
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
		assertThat(this.watch.isCurrent(KEY, next)).isTrue();
	}

	@Test
	@DisplayName("A change that was pushed while the record was read is not lost")
	void seenWhenChangeWasPushedMeanwhileDoesNotCount() {
		this.watch.connected();
		Revision first = write(KEY);
		RecordWatch.Mark mark = this.watch.mark(KEY);
		Revision second = write(KEY);
		this.watch.changed(KEY, second);
		this.watch.seen(KEY, mark, first);
		assertThat(this.watch.isCurrent(KEY, first)).isFalse();
		assertThat(this.watch.isCurrent(KEY, second)).isTrue();
	}

	@Test
	@DisplayName("A comparison that began before a write does not undo it")
	void compareWhenAWriteHappenedMeanwhileDoesNotCount() {
		Revision first = loaded(KEY);
		this.answer = Sinks.empty();
		after(Duration.ofMillis(1500));
		assertThat(this.watch.isCurrent(KEY, first)).isTrue();
		Map<GrantKey, Revision> old = Map.copyOf(this.stored);
		Revision second = loaded(KEY);
		this.stored.putAll(old);
		this.answer.tryEmitEmpty();
		assertThat(this.watch.isCurrent(KEY, second)).isTrue();
	}

	@Test
	@DisplayName("A change that happened while nothing was pushed is found by the reconnect")
	void connectedWhenRecordChangedMeanwhileFindsIt() {
		this.watch.connected();
		Revision revision = loaded(KEY);
		this.watch.disconnected();
		write(KEY);
		this.watch.connected();
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
	}

	@Test
	void connectedWhenNotYetComparedKeepsToThePollInterval() {
		Revision revision = loaded(KEY);
		this.answer = Sinks.empty();
		this.watch.connected();
		after(Duration.ofSeconds(2));
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
		this.answer.tryEmitEmpty();
		after(Duration.ofSeconds(1));
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		after(Duration.ofSeconds(20));
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
	}

	@Test
	@DisplayName("While the server is gone, live tokens are used")
	void isCurrentWhenServerCannotBeReachedIsTrue() {
		this.watch.connected();
		Revision revision = loaded(KEY);
		this.answer = failing();
		this.watch.disconnected();
		after(Duration.ofMinutes(10));
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		assertThat(this.comparisons).hasSize(2);
		write(KEY);
		this.answer = completed();
		after(Duration.ofSeconds(1));
		this.watch.isCurrent(KEY, revision);
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
	}

	@Test
	void isCurrentWhenServerIsBackFindsChangesOfRecordsNobodyAskedFor() {
		this.watch.connected();
		Revision revision = loaded(KEY);
		Revision other = loaded(OTHER_KEY);
		this.answer = failing();
		this.watch.disconnected();
		write(OTHER_KEY);
		this.answer = completed();
		after(Duration.ofSeconds(1));
		this.watch.isCurrent(KEY, revision);
		assertThat(this.watch.isCurrent(KEY, revision)).isTrue();
		assertThat(this.watch.isCurrent(OTHER_KEY, other)).isFalse();
	}

	@Test
	@DisplayName("Two comparisons are never under way at once")
	void compareWhenAnswerDoesNotComeIsNotAskedAgain() {
		Revision revision = loaded(KEY);
		this.answer = Sinks.empty();
		for (int i = 0; i < 10; i++) {
			after(Duration.ofSeconds(1));
			this.watch.isCurrent(KEY, revision);
		}
		assertThat(this.comparisons).hasSize(1);
	}

	@Test
	@DisplayName("X12: a look that never ends is not the last one")
	void compareWhenAnswerNeverComesLooksAgainAfterTheDeadline() {
		Revision revision = loaded(KEY);
		this.answer = Sinks.empty();
		after(Duration.ofSeconds(1));
		this.watch.isCurrent(KEY, revision);
		Revision next = write(KEY);
		this.answer = completed();
		this.timer.advanceTimeBy(SETTINGS.timeout());
		after(SETTINGS.timeout());
		this.watch.isCurrent(KEY, revision);
		assertThat(this.comparisons).hasSize(2);
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
		assertThat(this.watch.isCurrent(KEY, next)).isTrue();
	}

	@Test
	@DisplayName("Records that were read apart from each other cost one look in each interval")
	void compareWhenRecordsWereReadApartLooksAtThemTogether() {
		Revision one = loaded(KEY);
		after(Duration.ofMillis(400));
		Revision other = loaded(OTHER_KEY);
		for (int second = 0; second < 10; second++) {
			after(Duration.ofMillis(500));
			this.watch.isCurrent(KEY, one);
			this.watch.isCurrent(OTHER_KEY, other);
			after(Duration.ofMillis(500));
			this.watch.isCurrent(KEY, one);
			this.watch.isCurrent(OTHER_KEY, other);
		}
		assertThat(this.comparisons).hasSize(10).allMatch((keys) -> keys.size() == 2);
	}

	@Test
	void compareWhenRecordIsNotAskedForLeavesItOut() {
		Revision one = loaded(KEY);
		loaded(OTHER_KEY);
		after(Duration.ofSeconds(1));
		this.watch.isCurrent(KEY, one);
		assertThat(this.comparisons).singleElement().satisfies((keys) -> assertThat(keys).containsExactly(KEY));
	}

	@Test
	void compareWhenRecordWasRemovedFindsThat() {
		Revision revision = loaded(KEY);
		this.stored.clear();
		after(Duration.ofSeconds(1));
		this.watch.isCurrent(KEY, revision);
		assertThat(this.watch.isCurrent(KEY, revision)).isFalse();
		assertThat(this.watch.isCurrent(KEY, Revision.NONE)).isTrue();
	}

	private Mono<Map<GrantKey, Revision>> answer(Collection<GrantKey> keys) {
		this.comparisons.add(keys);
		return this.answer.asMono().then(Mono.fromCallable(() -> {
			Map<GrantKey, Revision> found = new HashMap<>(this.stored);
			found.keySet().retainAll(keys);
			return found;
		}));
	}

	private Revision write(GrantKey key) {
		Revision revision = Revision.random();
		this.stored.put(key, revision);
		return revision;
	}

	private Revision loaded(GrantKey key) {
		RecordWatch.Mark mark = this.watch.mark(key);
		Revision revision = write(key);
		this.watch.seen(key, mark, revision);
		return revision;
	}

	private void after(Duration time) {
		this.nanoTime.addAndGet(time.toNanos());
	}

	private static Sinks.Empty<Void> completed() {
		Sinks.Empty<Void> sink = Sinks.empty();
		sink.tryEmitEmpty();
		return sink;
	}

	private static Sinks.Empty<Void> failing() {
		Sinks.Empty<Void> sink = Sinks.empty();
		sink.tryEmitError(new IllegalStateException("gone"));
		return sink;
	}

}
