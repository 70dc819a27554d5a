// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.GrantPages;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;

/**
 * A token store in memory that keeps the whole contract, and says so loudly when a caller
 * does not: a save without the lock or with a generation that does not grow is a
 * programming error. Two users of one instance are two processes with one store.
 */
public final class MemoryTokenStore implements TokenStore {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final Map<GrantKey, Entry> entries = new HashMap<>();

	private final Map<GrantKey, Lock> locks = new ConcurrentHashMap<>();

	private final Map<GrantKey, TokenStoreException> loadFailures = new ConcurrentHashMap<>();

	private final Map<GrantKey, TokenStoreException> lockFailures = new ConcurrentHashMap<>();

	private final Map<GrantKey, TokenStoreException> saveFailures = new ConcurrentHashMap<>();

	private final Map<GrantKey, TokenStoreException> noteFailures = new ConcurrentHashMap<>();

	private final AtomicInteger loads = new AtomicInteger();

	private final AtomicInteger saves = new AtomicInteger();

	private volatile Runnable duringSave = () -> {
	};

	private volatile boolean leases;

	private final Clock clock;

	private long version;

	/**
	 * Create a store whose notes get their age from the system's clock.
	 */
	public MemoryTokenStore() {
		this(Clock.systemUTC());
	}

	/**
	 * Create a store.
	 * @param clock the clock that gives notes their age
	 */
	public MemoryTokenStore(Clock clock) {
		this.clock = clock;
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return work(() -> {
			this.loads.incrementAndGet();
			TokenStoreException failure = this.loadFailures.get(key);
			if (failure != null) {
				throw failure;
			}
			if (entry(key).corrupt) {
				throw new CorruptRecordException(key.server(),
						"The record of '%s' was damaged by a test".formatted(key), null);
			}
			return entry(key).stored();
		});
	}

	@Override
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		synchronized (this.entries) {
			return entry(key).stored().stamp().equals(stamp);
		}
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		return work(() -> {
			this.saves.incrementAndGet();
			this.duringSave.run();
			Assert.state(lock(key).isHeld(), "A grant is saved by the holder of the lock only");
			Assert.state(replaces == null || grant.generation() > replaces.generation(),
					"The generation of a grant grows with every save");
			TokenStoreException failure = this.saveFailures.get(key);
			if (failure != null) {
				throw failure;
			}
			Grant stored = entry(key).grant;
			if (!isSame(stored, replaces)) {
				throw new GrantConflictException(key.server());
			}
			if (metadata != null) {
				entry(key).metadata = Map.copyOf(metadata);
			}
			return write(key, grant);
		});
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return this.<Void>work(() -> {
			write(key, null);
			entry(key).spending = null;
			entry(key).lessons = GrantLessons.NONE;
			return null;
		});
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return this.<Void>work(() -> {
			Assert.state(lock(key).isHeld(), "Lessons are written by the holder of the lock only");
			entry(key).lessons = lessons;
			return null;
		});
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return work(() -> entry(key.ofApplication()).issuer);
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return work(() -> {
			Entry entry = entry(key.ofApplication());
			if (entry.issuer == null) {
				entry.issuer = issuer;
			}
			return entry.issuer;
		});
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return this.<Void>work(() -> {
			write(key, null);
			Entry entry = entry(key);
			entry.spending = null;
			entry.client = null;
			entry.metadata = null;
			entry.lessons = GrantLessons.NONE;
			entry.issuer = null;
			return null;
		});
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return work(() -> entry(key).client);
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return this.<Void>work(() -> {
			entry(key).client = client;
			return null;
		});
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return this.<Void>work(() -> {
			entry(key).client = null;
			return null;
		});
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return work(() -> entry(key).metadata);
	}

	public Mono<Void> saveMetadata(GrantKey key, Map<String, Object> metadata) {
		return this.<Void>work(() -> {
			entry(key).metadata = Map.copyOf(metadata);
			return null;
		});
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return Mono.defer(() -> {
			TokenStoreException failure = this.lockFailures.get(key);
			if (failure != null) {
				throw failure;
			}
			Ticket ticket = new Ticket(lock(key), key, wait);
			return Mono.usingWhen(Mono.just(ticket),
					(held) -> Mono.<Boolean>create(held::acquire)
						.publishOn(Schedulers.boundedElastic())
						.flatMap((acquired) -> work),
					(held) -> Mono.fromRunnable(held::release));
		});
	}

	/**
	 * Let locks be lost as leases are, or not.
	 */
	public void leases(boolean leases) {
		this.leases = leases;
	}

	@Override
	public boolean canLoseLock() {
		return this.leases;
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return work(() -> {
			Assert.state(lock(key).isHeld(), "Spending is noted by the holder of the lock only");
			TokenStoreException failure = this.noteFailures.get(key);
			if (failure != null) {
				throw failure;
			}
			Entry entry = entry(key);
			if (entry.grant == null || !isSame(entry.grant, grant)) {
				throw new GrantConflictException(key.server());
			}
			SpendingNote present = entry.spending;
			Duration age = Duration.between(entry.notedAt, this.clock.instant()).abs();
			boolean same = false;
			if (present != null && present.fingerprint().equals(note.fingerprint())) {
				if (!present.owner().equals(note.owner()) && age.compareTo(young) < 0) {
					return new SpendingResult.Pending(age);
				}
				same = true;
			}
			entry.spending = note;
			entry.notedAt = this.clock.instant();
			return new SpendingResult.Noted(same);
		});
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return this.<Void>work(() -> {
			SpendingNote present = entry(key).spending;
			if (present != null && present.owner().equals(owner)) {
				entry(key).spending = null;
			}
			return null;
		});
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return work(() -> GrantPages.select(
				this.entries.entrySet()
					.stream()
					.filter((entry) -> entry.getValue().isPresent())
					.map((entry) -> new GrantQuery.Entry(entry.getKey(),
							entry.getValue().grant != null || entry.getValue().corrupt)),
				query, (entry) -> KeyCodec.complete(entry.key())));
	}

	@Override
	public String location(GrantKey key) {
		return "memory:%s/%s".formatted(key.server(), key.principal());
	}

	/**
	 * Write as another process would that knows nothing of locks and generations.
	 * @param key the grant
	 * @param grant the new record, {@code null} to remove it
	 */
	public void put(GrantKey key, @Nullable Grant grant) {
		synchronized (this.entries) {
			write(key, grant);
		}
	}

	/**
	 * Damage a record, until it is replaced or removed.
	 * @param key the grant
	 */
	public void corrupt(GrantKey key) {
		synchronized (this.entries) {
			write(key, null);
			entry(key).corrupt = true;
		}
	}

	/**
	 * What is stored now.
	 * @param key the grant
	 * @return the grant, {@code null} for none
	 */
	public @Nullable Grant get(GrantKey key) {
		synchronized (this.entries) {
			return entry(key).grant;
		}
	}

	/**
	 * The registered client that is stored now.
	 * @param key the grant
	 * @return the client, {@code null} for none
	 */
	public @Nullable OAuthClient getClient(GrantKey key) {
		synchronized (this.entries) {
			return entry(key).client;
		}
	}

	/**
	 * The lessons that are stored now.
	 * @param key the grant
	 * @return the lessons
	 */
	public GrantLessons getLessons(GrantKey key) {
		synchronized (this.entries) {
			return entry(key).lessons;
		}
	}

	/**
	 * The note that is stored now.
	 * @param key the grant
	 * @return the note, {@code null} for none
	 */
	public @Nullable SpendingNote getSpending(GrantKey key) {
		synchronized (this.entries) {
			return entry(key).spending;
		}
	}

	/**
	 * The metadata that is stored now.
	 * @param key the grant
	 * @return the members, {@code null} for none
	 */
	public @Nullable Map<String, Object> getMetadata(GrantKey key) {
		synchronized (this.entries) {
			return entry(key).metadata;
		}
	}

	public boolean isLocked(GrantKey key) {
		return lock(key).isHeld();
	}

	/**
	 * Wait until somebody waits for the lock.
	 * @param key the grant
	 * @param waiters how many have to wait
	 * @return whether that many do
	 */
	public boolean awaitWaiters(GrantKey key, int waiters) {
		return lock(key).await(waiters);
	}

	/**
	 * Let every load fail from now on, or none.
	 * @param key the grant
	 * @param failure the failure, {@code null} for none
	 */
	public void failLoads(GrantKey key, @Nullable TokenStoreException failure) {
		set(this.loadFailures, key, failure);
	}

	/**
	 * Let every lock fail from now on, or none, as in a directory that is read-only.
	 * @param key the grant
	 * @param failure the failure, {@code null} for none
	 */
	public void failLocks(GrantKey key, @Nullable TokenStoreException failure) {
		set(this.lockFailures, key, failure);
	}

	/**
	 * Let every save of a grant fail from now on, or none.
	 * @param key the grant
	 * @param failure the failure, {@code null} for none
	 */
	public void failSaves(GrantKey key, @Nullable TokenStoreException failure) {
		set(this.saveFailures, key, failure);
	}

	/**
	 * Let every note of spending fail from now on, or none.
	 * @param key the grant
	 * @param failure the failure, {@code null} for none
	 */
	public void failNotes(GrantKey key, @Nullable TokenStoreException failure) {
		set(this.noteFailures, key, failure);
	}

	/**
	 * Do something in the middle of every save of a grant from now on.
	 * @param action what to do, must not wait for anything
	 */
	public void duringSave(Runnable action) {
		this.duringSave = action;
	}

	/**
	 * How often a record was read.
	 * @return the number of loads so far, of all keys
	 */
	public int loads() {
		return this.loads.get();
	}

	/**
	 * How often a grant was to be written.
	 * @return the number of saves so far, of all keys
	 */
	public int saves() {
		return this.saves.get();
	}

	private static boolean isSame(@Nullable Grant stored, @Nullable Grant replaces) {
		if (stored == null || replaces == null) {
			return stored == null && replaces == null;
		}
		return stored.generation() == replaces.generation() && stored.hasTokensOf(replaces);
	}

	private static void set(Map<GrantKey, TokenStoreException> failures, GrantKey key,
			@Nullable TokenStoreException failure) {
		if (failure != null) {
			failures.put(key, failure);
		}
		else {
			failures.remove(key);
		}
	}

	private Lock lock(GrantKey key) {
		return this.locks.computeIfAbsent(key, (missing) -> new Lock());
	}

	private Entry entry(GrantKey key) {
		return this.entries.computeIfAbsent(key, (missing) -> new Entry(new Version(0)));
	}

	private StoredGrant write(GrantKey key, @Nullable Grant grant) {
		Entry entry = entry(key);
		entry.grant = grant;
		entry.corrupt = false;
		entry.stamp = new Version(++this.version);
		return entry.stored();
	}

	private <T> Mono<T> work(Supplier<@Nullable T> work) {
		return Mono.fromCallable(() -> {
			synchronized (this.entries) {
				return work.get();
			}
		}).subscribeOn(Schedulers.boundedElastic());
	}

	private record Version(long number) implements RecordStamp {

	}

	private static final class Entry {

		private @Nullable Grant grant;

		private boolean corrupt;

		private Version stamp;

		private @Nullable OAuthClient client;

		private @Nullable Map<String, Object> metadata;

		private @Nullable SpendingNote spending;

		private Instant notedAt = Instant.EPOCH;

		private GrantLessons lessons = GrantLessons.NONE;

		private @Nullable String issuer;

		private Entry(Version stamp) {
			this.stamp = stamp;
		}

		private boolean isPresent() {
			return this.grant != null || this.corrupt || this.client != null || this.metadata != null
					|| !this.lessons.isEmpty();
		}

		private StoredGrant stored() {
			return new StoredGrant(this.grant, this.stamp, this.lessons);
		}

	}

	/**
	 * A fair lock whose holders are tickets, not threads.
	 */
	private static final class Lock {

		private final Deque<Ticket> waiting = new ArrayDeque<>();

		private @Nullable Ticket holder;

		private synchronized boolean isHeld() {
			return this.holder != null;
		}

		private synchronized boolean request(Ticket ticket) {
			if (this.holder == null) {
				this.holder = ticket;
				return true;
			}
			this.waiting.add(ticket);
			notifyAll();
			return false;
		}

		private synchronized boolean await(int waiters) {
			long deadline = System.nanoTime() + PATIENCE.toNanos();
			try {
				while (this.waiting.size() < waiters && deadline - System.nanoTime() > 0) {
					TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return this.waiting.size() >= waiters;
		}

		private synchronized boolean withdraw(Ticket ticket) {
			return this.waiting.remove(ticket);
		}

		private synchronized @Nullable Ticket release(Ticket ticket) {
			this.waiting.remove(ticket);
			if (this.holder != ticket) {
				return null;
			}
			this.holder = this.waiting.poll();
			return this.holder;
		}

	}

	private static final class Ticket {

		private final Lock lock;

		private final GrantKey key;

		private final Duration wait;

		private volatile @Nullable MonoSink<Boolean> sink;

		private Ticket(Lock lock, GrantKey key, Duration wait) {
			this.lock = lock;
			this.key = key;
			this.wait = wait;
		}

		private void acquire(MonoSink<Boolean> waiter) {
			this.sink = waiter;
			if (this.lock.request(this)) {
				waiter.success(true);
				return;
			}
			Disposable timer = Schedulers.parallel().schedule(() -> {
				if (this.lock.withdraw(this)) {
					waiter.error(new LockTimeoutException(this.key.server(), "memory:" + this.key, this.wait));
				}
			}, this.wait.toMillis(), TimeUnit.MILLISECONDS);
			waiter.onDispose(timer);
		}

		private void release() {
			Ticket next = this.lock.release(this);
			MonoSink<Boolean> waiter = (next != null) ? next.sink : null;
			if (waiter != null) {
				waiter.success(true);
			}
		}

	}

}
