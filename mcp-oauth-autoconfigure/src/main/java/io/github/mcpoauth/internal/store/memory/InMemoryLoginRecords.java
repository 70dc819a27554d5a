// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.memory;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Keeps logins in memory, for the managers of one process.
 */
public final class InMemoryLoginRecords implements LoginRecords {

	private final Map<GrantKey, Text> texts = new ConcurrentHashMap<>();

	private final AtomicReference<@Nullable String> key = new AtomicReference<>();

	private final WorkThreads threads;

	/**
	 * Create records.
	 * @param threads the threads that callers continue on
	 */
	public InMemoryLoginRecords(WorkThreads threads) {
		this.threads = threads;
	}

	@Override
	public Mono<String> load(GrantKey key) {
		return work(() -> {
			Text text = this.texts.get(key);
			return (text != null) ? text.value() : null;
		});
	}

	@Override
	public Mono<Boolean> replace(GrantKey key, @Nullable String expected, @Nullable String next, Duration lifetime) {
		return work(() -> {
			long now = this.threads.nanos();
			this.texts.values().removeIf((text) -> text.end() - now < 0);
			AtomicBoolean same = new AtomicBoolean();
			// Compared and replaced in one step: another caller in between would be
			// overwritten
			this.texts.compute(key, (unused, present) -> {
				same.set(Objects.equals((present != null) ? present.value() : null, expected));
				if (!same.get()) {
					return present;
				}
				return (next != null) ? new Text(next, now + lifetime.toNanos()) : null;
			});
			return same.get();
		});
	}

	@Override
	public Mono<String> key(@Nullable String expected, String next) {
		return work(() -> this.key.updateAndGet((present) -> Objects.equals(present, expected) ? next : present));
	}

	/**
	 * With the next login, which is soon enough for memory.
	 */
	@Override
	public boolean removesExpired() {
		return true;
	}

	@Override
	public boolean outliveProcess() {
		return false;
	}

	Set<GrantKey> keys() {
		return this.texts.keySet();
	}

	void remove(GrantKey key) {
		this.texts.remove(key);
	}

	/**
	 * The work itself never blocks, but the caller's use of its result may.
	 */
	private <T> Mono<T> work(Callable<@Nullable T> work) {
		return Mono.<T>fromCallable(work).subscribeOn(this.threads.blocking());
	}

	/**
	 * A text and its end.
	 *
	 * @param value the text
	 * @param end when it is of no more use, by the counter of the threads
	 */
	private record Text(String value, long end) {

	}

}
