// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.memory;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.Generations;
import io.github.mcpoauth.internal.store.GrantPages;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Keeps grants in memory, for one process that can obtain them again, and for tests.
 * Everything is lost when the process exits: grants, registered clients, issuer bindings
 * and lessons. Writes no file.
 * <p>
 * Managers that share an instance keep the contract among each other. A lock cannot be
 * lost while its holder runs.
 */
public final class InMemoryTokenStore implements TokenStore {

	private final Map<GrantKey, Entry> entries = new ConcurrentHashMap<>();

	private final KeyedLock lock = new KeyedLock();

	private final InMemoryLoginRecords logins;

	private final WorkThreads threads;

	/**
	 * Create an empty store.
	 * @param threads the threads that callers continue on
	 */
	public InMemoryTokenStore(WorkThreads threads) {
		this.threads = threads;
		this.logins = new InMemoryLoginRecords(threads);
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return work(() -> entry(key).stored());
	}

	@Override
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		return entry(key).stamp().equals(stamp);
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		return work(() -> change(key, (entry) -> {
			if (!Generations.isSame(entry.grant(), replaces)) {
				throw new GrantConflictException(key.server());
			}
			Entry written = entry.withGrant(grant);
			return (metadata != null) ? written.withMetadata(metadata) : written;
		}).stored());
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return write(key, (entry) -> entry.withLessons(lessons));
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return write(key, Entry::withoutGrant);
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return write(key, (entry) -> Entry.EMPTY).then(Mono.fromRunnable(() -> this.logins.remove(key)));
	}

	@Override
	public InMemoryLoginRecords logins() {
		return this.logins;
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return work(() -> entry(key).client());
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return write(key, (entry) -> entry.withClient(client));
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return write(key, (entry) -> entry.withClient(null));
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return work(() -> entry(key.ofApplication()).issuer());
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return work(() -> change(key.ofApplication(), (entry) -> entry.boundTo(issuer)).issuer());
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return work(() -> entry(key).metadata());
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return Mono.usingWhen(Mono.fromSupplier(() -> this.lock.enter(key)),
				(ticket) -> this.threads.within(ticket.turn(), wait)
					.onErrorMap(TimeoutException.class,
							(ex) -> new LockTimeoutException(key.server(), location(key), wait))
					.publishOn(this.threads.blocking())
					.then(work),
				(ticket) -> Mono.fromRunnable(() -> this.lock.leave(ticket)));
	}

	@Override
	public boolean canLoseLock() {
		return false;
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return work(() -> {
			long now = this.threads.nanos();
			AtomicReference<SpendingResult> result = new AtomicReference<>();
			change(key, (entry) -> {
				if (!Generations.isSame(entry.grant(), grant)) {
					throw new GrantConflictException(key.server());
				}
				Note present = entry.note();
				boolean same = present != null && present.content().fingerprint().equals(note.fingerprint());
				if (present != null && same && present.isPending(note.owner(), young, now)) {
					result.set(new SpendingResult.Pending(present.age(now)));
					return entry;
				}
				result.set(new SpendingResult.Noted(same));
				return entry.withNote(new Note(note, now));
			});
			return result.get();
		});
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return write(key, (entry) -> {
			Note note = entry.note();
			return (note != null && note.content().owner().equals(owner)) ? entry.withNote(null) : entry;
		});
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return work(() -> {
			Stream<GrantQuery.Entry> records = this.entries.entrySet()
				.stream()
				.map((entry) -> new GrantQuery.Entry(entry.getKey(), entry.getValue().grant() != null));
			Stream<GrantQuery.Entry> pending = this.logins.keys()
				.stream()
				.filter((key) -> !this.entries.containsKey(key))
				.map((key) -> new GrantQuery.Entry(key, false));
			return GrantPages.select(Stream.concat(records, pending), query, (entry) -> KeyCodec.complete(entry.key()));
		});
	}

	@Override
	public String location(GrantKey key) {
		return "memory:" + KeyCodec.of(key);
	}

	private Entry entry(GrantKey key) {
		return this.entries.getOrDefault(key, Entry.EMPTY);
	}

	/**
	 * Change an entry in one step. A writer without the lock, or a change that throws,
	 * leaves the entry as it was.
	 */
	private Entry change(GrantKey key, UnaryOperator<Entry> change) {
		// Compared and replaced in one step: another writer in between would be
		// overwritten
		Entry changed = this.entries.compute(key, (unused, present) -> {
			Entry next = change.apply((present != null) ? present : Entry.EMPTY);
			// Principals that are gone leave nothing behind
			return next.equals(Entry.EMPTY) ? null : next;
		});
		return (changed != null) ? changed : Entry.EMPTY;
	}

	private Mono<Void> write(GrantKey key, UnaryOperator<Entry> change) {
		return work(() -> change(key, change)).then();
	}

	/**
	 * The work itself never blocks, but the caller's use of its result may.
	 */
	private <T> Mono<T> work(Callable<@Nullable T> work) {
		return Mono.<T>fromCallable(work).subscribeOn(this.threads.blocking());
	}

	/**
	 * Another one for each write.
	 */
	private static final class WriteStamp implements RecordStamp {

		private static final WriteStamp ABSENT = new WriteStamp();

	}

	/**
	 * A note with the time of its writing.
	 *
	 * @param content the note
	 * @param written reading of the counter when it was written
	 */
	private record Note(SpendingNote content, long written) {

		boolean isPending(String owner, Duration young, long now) {
			return !this.content.owner().equals(owner) && age(now).compareTo(young) < 0;
		}

		Duration age(long now) {
			return Duration.ofNanos(Math.max(0, now - this.written));
		}

	}

	/**
	 * All that is kept for a key.
	 *
	 * @param grant the grant, {@code null} if absent
	 * @param stamp the stamp of the grant, or of its absence
	 * @param lessons the lessons
	 * @param note the note, {@code null} if absent
	 * @param client the registered client, {@code null} if absent
	 * @param metadata the authorization server metadata, {@code null} if absent
	 * @param issuer the bound issuer, {@code null} if absent
	 */
	private record Entry(@Nullable Grant grant, WriteStamp stamp, GrantLessons lessons, @Nullable Note note,
			@Nullable OAuthClient client, @Nullable Map<String, Object> metadata, @Nullable String issuer) {

		static final Entry EMPTY = new Entry(null, WriteStamp.ABSENT, GrantLessons.NONE, null, null, null, null);

		StoredGrant stored() {
			return new StoredGrant(this.grant, this.stamp, this.lessons);
		}

		Entry withGrant(Grant grant) {
			return new Entry(grant, new WriteStamp(), this.lessons, this.note, this.client, this.metadata, this.issuer);
		}

		Entry withoutGrant() {
			return new Entry(null, WriteStamp.ABSENT, GrantLessons.NONE, null, this.client, this.metadata, this.issuer);
		}

		Entry withLessons(GrantLessons lessons) {
			return new Entry(this.grant, this.stamp, lessons, this.note, this.client, this.metadata, this.issuer);
		}

		Entry withNote(@Nullable Note note) {
			return new Entry(this.grant, this.stamp, this.lessons, note, this.client, this.metadata, this.issuer);
		}

		Entry withClient(@Nullable OAuthClient client) {
			return new Entry(this.grant, this.stamp, this.lessons, this.note, client, this.metadata, this.issuer);
		}

		Entry withMetadata(Map<String, Object> metadata) {
			return new Entry(this.grant, this.stamp, this.lessons, this.note, this.client,
					Collections.unmodifiableMap(new LinkedHashMap<>(metadata)), this.issuer);
		}

		Entry boundTo(String issuer) {
			return (this.issuer != null) ? this
					: new Entry(this.grant, this.stamp, this.lessons, this.note, this.client, this.metadata, issuer);
		}

	}

}
