// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.memory;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

import io.github.mcpoauth.GrantKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A lock for each grant, which callers get in the order in which they came. Its holders
 * are tickets, not threads.
 */
final class KeyedLock {

	/**
	 * The first ticket of a queue holds the lock. A key without tickets has no queue.
	 */
	private final Map<GrantKey, Queue<Ticket>> queues = new HashMap<>();

	/**
	 * Take a ticket.
	 * @param key the grant
	 * @return the ticket, which has to {@link #leave} in any case
	 */
	Ticket enter(GrantKey key) {
		Ticket ticket = new Ticket(key, Sinks.empty());
		if (isFirst(ticket)) {
			ticket.call();
		}
		return ticket;
	}

	private boolean isFirst(Ticket ticket) {
		synchronized (this.queues) {
			Queue<Ticket> queue = this.queues.computeIfAbsent(ticket.key(), (unused) -> new ArrayDeque<>());
			queue.add(ticket);
			return queue.size() == 1;
		}
	}

	/**
	 * Give a ticket back, whether it holds the lock or waits for it.
	 * @param ticket the ticket
	 */
	void leave(Ticket ticket) {
		// Outside the monitor: the work of the next holder may begin in this call
		Ticket next = remove(ticket);
		if (next != null) {
			next.call();
		}
	}

	private @Nullable Ticket remove(Ticket ticket) {
		synchronized (this.queues) {
			Queue<Ticket> queue = this.queues.get(ticket.key());
			if (queue == null) {
				return null;
			}
			boolean held = ticket.equals(queue.peek());
			queue.remove(ticket);
			if (queue.isEmpty()) {
				this.queues.remove(ticket.key());
			}
			return held ? queue.peek() : null;
		}
	}

	/**
	 * A place in the queue of a grant. Two are equal if they are the same.
	 *
	 * @param key the grant
	 * @param called ends when the lock is held
	 */
	record Ticket(GrantKey key, Sinks.Empty<Void> called) {

		/**
		 * Wait for the lock.
		 * @return a mono that ends when this ticket holds the lock
		 */
		Mono<Void> turn() {
			return this.called.asMono();
		}

		private void call() {
			this.called.tryEmitEmpty();
		}

	}

}
