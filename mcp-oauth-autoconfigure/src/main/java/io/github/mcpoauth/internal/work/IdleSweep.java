// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Chooses which entries a cache drops: those that have been idle for too long, and then
 * those idle longest while there are too many. The cache sweeps when it adds an entry, so
 * that an idle process does nothing.
 */
public final class IdleSweep {

	private static final long PAUSE_WHEN_FULL = Duration.ofSeconds(1).toNanos();

	private static final int SPARE = 10;

	private final int most;

	private final long idle;

	private final LongSupplier nanoTime;

	private final AtomicLong sweptAt;

	/**
	 * Create a sweep.
	 * @param most how many entries the cache keeps
	 * @param idle how long an entry may be idle
	 * @param nanoTime the counter that idle times are measured with
	 */
	public IdleSweep(int most, Duration idle, LongSupplier nanoTime) {
		this.most = most;
		this.idle = idle.toNanos();
		this.nanoTime = nanoTime;
		this.sweptAt = new AtomicLong(nanoTime.getAsLong());
	}

	/**
	 * Whether a sweep is due. The caller that is told so must sweep.
	 * @param size number of entries in the cache
	 * @return {@code true} for one caller each time
	 */
	public boolean isDue(int size) {
		long now = this.nanoTime.getAsLong();
		long last = this.sweptAt.get();
		long pause = (size >= this.most) ? PAUSE_WHEN_FULL : this.idle / 2;
		// Of several callers that add an entry at the same time, one sweeps
		return now - last >= pause && this.sweptAt.compareAndSet(last, now);
	}

	/**
	 * Drop entries.
	 * @param <T> the type of entry
	 * @param entries the entries that may be dropped
	 * @param lastUsed reads when an entry was last used
	 * @param drop drops an entry, and returns {@code false} for one in use
	 * @return the number of entries that were dropped
	 */
	public <T> long sweep(Collection<T> entries, ToLongFunction<T> lastUsed, Predicate<T> drop) {
		long now = this.nanoTime.getAsLong();
		long dropped = 0;
		List<Aged<T>> rest = new ArrayList<>();
		for (T entry : entries) {
			Aged<T> aged = new Aged<>(entry, now - lastUsed.applyAsLong(entry));
			if (aged.idle() < this.idle || !drop.test(entry)) {
				rest.add(aged);
			}
			else {
				dropped++;
			}
		}
		int tooMany = rest.size() - this.most;
		if (tooMany >= 0) {
			rest.sort(Comparator.comparingLong(Aged<T>::idle).reversed());
			// Makes room for more than one entry, so that the next one need not sweep
			dropped += rest.stream()
				.limit(tooMany + 1 + this.most / SPARE)
				.filter((aged) -> drop.test(aged.entry()))
				.count();
		}
		return dropped;
	}

	/**
	 * An entry and for how long it has been idle, read once so that sorting sees one
	 * value.
	 */
	private record Aged<T>(T entry, long idle) {

	}

}
