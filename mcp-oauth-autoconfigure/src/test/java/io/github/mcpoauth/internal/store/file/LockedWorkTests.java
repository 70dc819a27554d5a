// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.TokenStoreException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LockedWork}: at whatever step it is cancelled, the lock is released
 * once and not too early.
 */
class LockedWorkTests {

	private final List<String> events = Collections.synchronizedList(new ArrayList<>());

	private final CountDownLatch released = new CountDownLatch(1);

	private final AtomicReference<LockedWork<String>> locked = new AtomicReference<>();

	@Test
	void grantWhenWorkEndsReleasesBeforeItTellsAnybody() {
		subscribe(Mono.just("value"));
		assertThat(grant()).isTrue();
		awaitEvents("written", "released", "value", "end");
	}

	@Test
	void grantWhenWorkFailsReleasesBeforeItTellsAnybody() {
		subscribe(Mono.error(new IllegalStateException("broken")));
		assertThat(grant()).isTrue();
		awaitEvents("written", "released", "broken");
	}

	@Test
	void grantWhenWorkIsEmptyReleasesAndEnds() {
		subscribe(Mono.empty());
		assertThat(grant()).isTrue();
		awaitEvents("written", "released", "end");
	}

	@Test
	@DisplayName("F24: cancelled before the lock was had, it does not take it")
	void cancelWhenWaitingRefusesTheLock() {
		Disposable subscription = subscribe(Mono.fromRunnable(() -> this.events.add("worked")));
		subscription.dispose();
		assertThat(work().isWaiting()).isFalse();
		assertThat(grant()).isFalse();
		assertThat(this.events).isEmpty();
	}

	@Test
	@DisplayName("F24: cancelled while the work begins, the lock is released when it has")
	void cancelWhenWorkIsBeingSubscribedToReleasesAfterwards() {
		Disposable.Swap subscription = Disposables.swap();
		subscription.update(subscribe(Mono.defer(() -> {
			subscription.dispose();
			this.events.add("subscribed");
			return Mono.<String>never().doOnCancel(() -> this.events.add("cancelled"));
		})));
		assertThat(grant()).isTrue();
		awaitRelease();
		assertThat(this.events).containsExactly("subscribed", "cancelled", "written", "released");
	}

	@Test
	@DisplayName("F24: cancelled while the work begins and ends at once, the lock is released once")
	void cancelWhenWorkEndsWhileBeingSubscribedToReleasesOnce() {
		Disposable.Swap subscription = Disposables.swap();
		subscription.update(subscribe(Mono.fromCallable(() -> {
			subscription.dispose();
			return "ignored";
		})));
		assertThat(grant()).isTrue();
		awaitRelease();
		assertThat(this.events).containsExactly("written", "released");
	}

	@Test
	@DisplayName("F24: cancelled in the middle of the work, the lock is released")
	void cancelWhenWorkIsRunningReleases() {
		Disposable subscription = subscribe(Mono.<String>never().doOnCancel(() -> this.events.add("cancelled")));
		assertThat(grant()).isTrue();
		subscription.dispose();
		awaitRelease();
		assertThat(this.events).containsExactly("cancelled", "written", "released");
	}

	@Test
	void cancelWhenWorkHasEndedDoesNothing() {
		Sinks.One<String> result = Sinks.one();
		Disposable subscription = subscribe(result.asMono());
		assertThat(grant()).isTrue();
		result.tryEmitValue("value");
		awaitEvents("written", "released", "value", "end");
		subscription.dispose();
		work().cancel();
		assertThat(this.events).hasSize(4);
	}

	@Test
	void timeoutWhenWorkIsRunningDoesNothing() {
		subscribe(Mono.never());
		assertThat(grant()).isTrue();
		work().timeout(() -> new IllegalStateException("too late"));
		assertThat(this.events).isEmpty();
	}

	@Test
	void timeoutWhenWaitingFailsAndRefusesTheLock() {
		subscribe(Mono.just("value"));
		work().timeout(() -> new IllegalStateException("too late"));
		assertThat(grant()).isFalse();
		assertThat(this.events).containsExactly("too late");
	}

	@Test
	void failWhenWaitingTellsWhy() {
		subscribe(Mono.just("value"));
		work().fail(new IllegalStateException("no lock"));
		work().fail(new IllegalStateException("no lock again"));
		assertThat(grant()).isFalse();
		assertThat(this.events).containsExactly("server: no lock");
	}

	private Disposable subscribe(Mono<String> work) {
		return Mono.<String>create((sink) -> {
			LockedWork<String> waiting = new LockedWork<>(work, sink,
					(ex) -> new TokenStoreException("server", "server: " + ex.getMessage(), ex),
					() -> this.events.add("written"));
			this.locked.set(waiting);
			sink.onCancel(waiting::cancel);
		}).subscribe(this.events::add, (ex) -> this.events.add(ex.getMessage()), () -> this.events.add("end"));
	}

	private LockedWork<String> work() {
		return Objects.requireNonNull(this.locked.get());
	}

	private boolean grant() {
		return work().grant(() -> {
			this.events.add("released");
			this.released.countDown();
		});
	}

	private void awaitRelease() {
		try {
			assertThat(this.released.await(30, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void awaitEvents(String... expected) {
		Awaitility.await().untilAsserted(() -> assertThat(this.events).containsExactly(expected));
	}

}
