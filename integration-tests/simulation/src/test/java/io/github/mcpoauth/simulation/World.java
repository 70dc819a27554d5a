// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

import org.jspecify.annotations.Nullable;

/**
 * Virtual time, and the order of all that happens. One seed decides both, so that a run
 * can be repeated.
 */
final class World {

	private static final Duration TICK = Duration.ofNanos(200_000);

	private final PriorityQueue<Event> events = new PriorityQueue<>(
			Comparator.comparingLong(Event::at).thenComparingLong(Event::order));

	private final List<String> story = new ArrayList<>();

	private final List<String> violations = new ArrayList<>();

	private final Random random;

	private final Mutant mutant;

	private Faults faults = Faults.NONE;

	private long now;

	World(long seed, Mutant mutant) {
		this.random = new Random(seed);
		this.mutant = mutant;
	}

	/**
	 * Whether a defect is played in this run.
	 */
	boolean plays(Mutant mutant) {
		return this.mutant == mutant;
	}

	Faults faults() {
		return this.faults;
	}

	void faults(Faults faults) {
		this.faults = faults;
	}

	long now() {
		return this.now;
	}

	Random random() {
		return this.random;
	}

	boolean happens(double probability) {
		return this.random.nextDouble() < probability;
	}

	/**
	 * A span between two bounds.
	 */
	Duration between(long leastMillis, long mostMillis) {
		return Duration.ofMillis(leastMillis + (long) (this.random.nextDouble() * (mostMillis - leastMillis)));
	}

	/**
	 * Let something happen later. Two events at the same instant happen in an order that
	 * the seed decides.
	 * @param owner the node it happens on, {@code null} for none: a killed node's events
	 * are dropped, a paused node's are late
	 */
	Event schedule(Duration delay, @Nullable Node owner, Runnable task) {
		long at = this.now + Math.max(0, delay.toNanos()) + (long) (this.random.nextDouble() * TICK.toNanos());
		Event event = new Event(at, this.random.nextLong(), owner, task);
		this.events.add(event);
		return event;
	}

	void run(Duration span) {
		long end = this.now + span.toNanos();
		while (!this.events.isEmpty() && this.events.peek().at() <= end) {
			Event event = this.events.remove();
			this.now = Math.max(this.now, event.at());
			Node owner = event.owner();
			if (event.isCancelled() || (owner != null && owner.isDead())) {
				continue;
			}
			long pausedUntil = (owner != null) ? owner.pausedUntil() : 0;
			if (pausedUntil > this.now) {
				this.events.add(new Event(pausedUntil, event.order(), owner, event.task(), event));
				continue;
			}
			event.task().run();
		}
		this.now = end;
	}

	void tell(String text) {
		this.story.add("%10.3f %s".formatted(this.now / 1e9, text));
	}

	void violated(String text) {
		tell("VIOLATED: " + text);
		this.violations.add(text);
	}

	List<String> violations() {
		return this.violations;
	}

	String story() {
		return String.join("\n", this.story);
	}

	/**
	 * Something that will happen.
	 */
	static final class Event {

		private final long at;

		private final long order;

		private final @Nullable Node owner;

		private final Runnable task;

		private final @Nullable Event origin;

		private boolean cancelled;

		private Event(long at, long order, @Nullable Node owner, Runnable task) {
			this(at, order, owner, task, null);
		}

		private Event(long at, long order, @Nullable Node owner, Runnable task, @Nullable Event origin) {
			this.at = at;
			this.order = order;
			this.owner = owner;
			this.task = task;
			this.origin = origin;
		}

		long at() {
			return this.at;
		}

		long order() {
			return this.order;
		}

		@Nullable Node owner() {
			return this.owner;
		}

		Runnable task() {
			return this.task;
		}

		void cancel() {
			this.cancelled = true;
		}

		boolean isCancelled() {
			return this.cancelled || (this.origin != null && this.origin.isCancelled());
		}

	}

}
