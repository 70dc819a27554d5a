// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SharedWork}.
 */
class SharedWorkTests {

	private static final Duration DEADLINE = Duration.ofSeconds(10);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final List<@Nullable Object> late = new ArrayList<>();

	private final SharedWork<String> work = new SharedWork<>("a refresh", DEADLINE,
			WorkThreads.of(Schedulers.immediate(), Schedulers.immediate(), this.time, System::nanoTime),
			(value, failure) -> this.late.add((failure != null) ? failure : value));

	@ParameterizedTest(name = "{0}")
	@MethodSource("ends")
	@DisplayName("Law 16: shared work ends in every way, and the next call works")
	void joinWhenARunEndsInAnyWayTheNextCallWorks(String name, Supplier<Mono<String>> run, String end) {
		List<String> heard = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			this.work.join(run)
				.subscribe((value) -> heard.add("value " + value),
						(ex) -> heard.add("error " + ex.getClass().getSimpleName()), () -> heard.add("end"));
		}
		this.time.advanceTimeBy(DEADLINE);
		assertThat(heard).hasSize(end.startsWith("value") ? 6 : 3).contains(end);
		assertThat(this.work.current()).isNull();
		StepVerifier.create(this.work.join(() -> Mono.just("next"))).expectNext("next").verifyComplete();
	}

	static Stream<Arguments> ends() {
		return Stream.of(end("value", () -> Mono.just("v"), "value v"), end("empty", Mono::empty, "end"),
				end("error", () -> Mono.error(new IllegalStateException()), "error IllegalStateException"),
				end("exception while assembling", () -> {
					throw new IllegalArgumentException();
				}, "error IllegalArgumentException"), end("Error while assembling", () -> {
					throw new NoClassDefFoundError();
				}, "error NoClassDefFoundError"), end("Error while subscribing", () -> Mono.defer(() -> {
					throw new OutOfMemoryError();
				}), "error OutOfMemoryError"), end("never", Mono::never, "error TimeoutException"));
	}

	private static Arguments end(String name, Supplier<Mono<String>> run, String end) {
		return Arguments.of(name, run, end);
	}

	@Test
	@DisplayName("Law 16: a failure after all waiters have gone is not logged as a dropped error")
	void joinWhenAllWaitersHaveGoneDropsNoError() {
		List<Throwable> dropped = new ArrayList<>();
		Hooks.onErrorDropped(dropped::add);
		try {
			Sinks.One<String> result = Sinks.one();
			this.work.join(result::asMono).subscribe().dispose();
			result.tryEmitError(new IllegalStateException());
			assertThat(dropped).isEmpty();
			assertThat(this.work.current()).isNull();
		}
		finally {
			Hooks.resetOnErrorDropped();
		}
	}

	@Test
	@DisplayName("Law 16: a deadline is told on a thread that may block, so that no other deadline waits for it")
	void joinWhenTheDeadlinePassesTellsItsWaitersOffTheTimer() throws Exception {
		try (WorkThreads platform = WorkThreads.platform()) {
			VirtualTimeScheduler timer = VirtualTimeScheduler.create();
			SharedWork<String> never = new SharedWork<>("a refresh", DEADLINE,
					WorkThreads.of(platform.blocking(), platform.leases(), timer, System::nanoTime));
			CompletableFuture<String> thread = new CompletableFuture<>();
			never.join(Mono::never).subscribe(null, (ex) -> thread.complete(Thread.currentThread().getName()));
			timer.advanceTimeBy(DEADLINE);
			assertThat(thread.get(20, TimeUnit.SECONDS)).startsWith("mcp-oauth-work-");
		}
	}

	@Test
	@DisplayName("Law 1: a caller that goes away cancels nothing")
	void joinWhenTheCallerCancelsRunsToItsEnd() {
		Sinks.One<String> result = Sinks.one();
		Disposable caller = this.work.join(result::asMono).subscribe();
		List<String> heard = new ArrayList<>();
		this.work.join(Mono::never).subscribe(heard::add);
		caller.dispose();
		result.tryEmitValue("v");
		assertThat(heard).containsExactly("v");
	}

	@Test
	@DisplayName("Law 16: the slot is free before waiters hear")
	void joinWhenAWaiterCallsAgainStartsANewRun() {
		Sinks.One<String> first = Sinks.one();
		AtomicInteger runs = new AtomicInteger();
		List<String> heard = new ArrayList<>();
		this.work.join(first::asMono)
			.flatMap((value) -> this.work.join(() -> Mono.just("run " + runs.incrementAndGet())))
			.subscribe(heard::add);
		first.tryEmitValue("v");
		assertThat(heard).containsExactly("run 1");
	}

	@Test
	@DisplayName("Law 16: what arrives after the deadline is handled")
	void joinWhenTheResultComesAfterTheDeadlineIsHandled() {
		Sinks.One<String> slow = Sinks.one();
		StepVerifier.create(this.work.join(slow::asMono))
			.then(() -> this.time.advanceTimeBy(DEADLINE))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TimeoutException.class)
				.hasMessage("a refresh did not end within 10000 ms"))
			.verify(Duration.ofSeconds(10));
		slow.tryEmitValue("late");
		assertThat(this.late).containsExactly("late");
	}

}
