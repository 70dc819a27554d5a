// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.work.SharedWork;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.RecordStamp;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The memory of this process about the records on a server, so that the question whether
 * a record is current reads a field. The memory is filled by this process's own reads and
 * writes, by the messages of the server, and by a comparison of the records in use, which
 * only a question starts: an idle process compares nothing.
 * <p>
 * An answer is at most this old: the time that a message takes, while changes are pushed;
 * else twice {@link RemoteStoreSettings#pollInterval()}. While the server cannot be
 * reached, every record counts as current: a load could not bring another one.
 */
public final class RecordWatch {

	private static final Log logger = LogFactory.getLog(RecordWatch.class);

	private final Function<Collection<GrantKey>, Mono<Map<GrantKey, Revision>>> revisions;

	private final long pollInterval;

	private final long pollIntervalBehindPush;

	/**
	 * How long a look may take before requests go on without it, and the pause between
	 * two looks at a server that cannot be reached.
	 */
	private final long patience;

	private final LongSupplier nanoTime;

	private final Map<GrantKey, Watched> watched = new ConcurrentHashMap<>();

	private final Set<GrantKey> due = ConcurrentHashMap.newKeySet();

	private final Scheduler timer;

	private final SharedWork<Map<GrantKey, Revision>> look;

	/**
	 * The records of the newest look.
	 */
	private volatile Set<GrantKey> looking = Set.of();

	private volatile long comparedAt;

	private volatile boolean connected;

	/**
	 * Connected, and changes from before the connection have been found.
	 */
	private volatile boolean pushed;

	private volatile boolean unreachable;

	/**
	 * Create a watch.
	 * @param revisions asks the server for the revisions of some records; those that are
	 * missing in the answer do not exist
	 * @param settings how often to ask, and how long an answer may take
	 * @param threads run deadlines and count the age of a look
	 */
	public RecordWatch(Function<Collection<GrantKey>, Mono<Map<GrantKey, Revision>>> revisions,
			RemoteStoreSettings settings, WorkThreads threads) {
		this.timer = threads.timer();
		this.look = new SharedWork<>("A look at the stored grants", settings.timeout(), threads);
		this.revisions = revisions;
		this.pollInterval = settings.pollInterval().toNanos();
		this.pollIntervalBehindPush = settings.pollIntervalBehindPush().toNanos();
		this.patience = Math.min(this.pollInterval, settings.timeout().toNanos() / 2);
		this.nanoTime = threads::nanos;
	}

	/**
	 * Whether a record is unchanged.
	 * @param key the grant
	 * @param stamp the revision that was read or written
	 * @return {@code true} if nothing else is known
	 */
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		Watched record = this.watched.get(key);
		if (record == null) {
			return false;
		}
		long now = this.nanoTime.getAsLong();
		long age = now - record.seenAt;
		boolean cutOff = this.unreachable;
		long interval = (this.pushed && !cutOff) ? this.pollIntervalBehindPush : this.pollInterval;
		// Many threads ask with each request: what they share is written once only
		if (!record.asked) {
			record.asked = true;
		}
		if (age >= interval) {
			this.due.add(key);
			if (!cutOff || now - this.comparedAt >= this.patience) {
				compare();
			}
		}
		return cutOff || (age < 2 * interval && stamp.equals(record.revision));
	}

	/**
	 * Begin to read or write a record.
	 * @param key the grant
	 * @return the argument of {@link #seen}
	 */
	public Mark mark(GrantKey key) {
		Watched record = this.watched.computeIfAbsent(key, (unused) -> new Watched());
		synchronized (record) {
			return new Mark(record.changes, this.nanoTime.getAsLong());
		}
	}

	/**
	 * A record was read or written. Counts for nothing if the server pushed something
	 * else meanwhile.
	 * @param key the grant
	 * @param mark from before the read or write
	 * @param revision the revision that was read or written
	 */
	public void seen(GrantKey key, Mark mark, Revision revision) {
		this.unreachable = false;
		Watched record = this.watched.computeIfAbsent(key, (unused) -> new Watched());
		synchronized (record) {
			if (record.changes == mark.changes()) {
				record.set(revision);
				record.seenAt = mark.at();
				record.asked = false;
			}
		}
	}

	/**
	 * Forget a record that is not in use any more.
	 * @param key the grant
	 */
	public void forget(GrantKey key) {
		this.watched.remove(key);
		this.due.remove(key);
	}

	/**
	 * The server pushed a change.
	 * @param key the grant
	 * @param revision its revision now
	 */
	public void changed(GrantKey key, Revision revision) {
		Watched record = this.watched.get(key);
		if (record != null) {
			synchronized (record) {
				record.set(revision);
			}
		}
	}

	/**
	 * From now on the server pushes every change. Changes from before are compared first.
	 */
	public void connected() {
		this.due.addAll(this.watched.keySet());
		synchronized (this) {
			this.connected = true;
		}
		compare();
	}

	/**
	 * The server does not push any more, most likely because it is gone.
	 */
	public void disconnected() {
		synchronized (this) {
			this.connected = false;
			this.pushed = false;
		}
		this.unreachable = true;
		this.due.addAll(this.watched.keySet());
		compare();
	}

	/**
	 * The server could not be reached.
	 */
	public void failed() {
		this.comparedAt = this.nanoTime.getAsLong();
		this.unreachable = true;
	}

	/**
	 * Whether changes are pushed.
	 * @return {@code true} between {@link #connected()} and {@link #disconnected()}
	 */
	public boolean isConnected() {
		return this.connected;
	}

	/**
	 * Start a look, unless one is under way. A look has a deadline, or a server that
	 * never answers would be the last one that was ever asked.
	 */
	private void compare() {
		if (this.look.current() != null) {
			return;
		}
		boolean confirms = this.connected;
		this.look.join(this::look).subscribe(null, (ex) -> {
			logger.debug("Stored grants could not be compared", ex);
			this.due.addAll(this.looking);
			failed();
		}, () -> compared(confirms));
	}

	private Mono<Map<GrantKey, Revision>> look() {
		this.comparedAt = this.nanoTime.getAsLong();
		Map<GrantKey, Mark> marks = new HashMap<>();
		addRecordsInUse();
		for (GrantKey key : List.copyOf(this.due)) {
			// Taken out first: a question that comes during the look asks for the next
			// one
			this.due.remove(key);
			marks.put(key, mark(key));
		}
		this.looking = Set.copyOf(marks.keySet());
		if (marks.isEmpty()) {
			return Mono.empty();
		}
		// Before the deadline, requests go on with the tokens in memory
		Disposable alarm = this.timer.schedule(this::failed, this.patience, TimeUnit.NANOSECONDS);
		return this.revisions.apply(marks.keySet())
			.doOnNext((found) -> marks.forEach((key, mark) -> seen(key, mark, found.getOrDefault(key, Revision.NONE))))
			.doFinally((signal) -> alarm.dispose());
	}

	/**
	 * Look at all records in use together, also at those that were read just now. Many
	 * processes with many records would ask the server all the time otherwise.
	 */
	private void addRecordsInUse() {
		if (this.due.isEmpty()) {
			return;
		}
		this.watched.forEach((key, record) -> {
			if (record.asked) {
				this.due.add(key);
			}
		});
	}

	private void compared(boolean confirms) {
		this.unreachable = false;
		synchronized (this) {
			this.pushed = this.pushed || (confirms && this.connected);
		}
		if (!this.due.isEmpty() || (this.connected && !this.pushed)) {
			compare();
		}
	}

	/**
	 * The state of knowledge before a read or write.
	 *
	 * @param changes how often it had changed
	 * @param at when
	 */
	public record Mark(long changes, long at) {

	}

	private static final class Watched {

		private volatile @Nullable Revision revision;

		private volatile long seenAt;

		/**
		 * Whether a caller has asked since. One that is not seen costs a look.
		 */
		private boolean asked;

		private long changes;

		private void set(Revision revision) {
			if (!revision.equals(this.revision)) {
				this.revision = revision;
				this.changes++;
			}
		}

	}

}
