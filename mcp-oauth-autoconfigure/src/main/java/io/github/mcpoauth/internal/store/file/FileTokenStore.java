// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * Keeps each grant in a file of its own, for the processes of one machine to share. The
 * layout is that of Hermes agent's {@code mcp-tokens} directory, so that both can use the
 * same one:
 * <table>
 * <caption>The files of a server named {@code linear}</caption>
 * <tr>
 * <th>File</th>
 * <th>Content</th>
 * </tr>
 * <tr>
 * <td>{@code linear.json}</td>
 * <td>the members of the token response (RFC 6749, section 5.1), {@code expires_at} in
 * seconds since the epoch, and the members that renewing the grant needs</td>
 * </tr>
 * <tr>
 * <td>{@code linear.client.json}</td>
 * <td>the registered client, the members of the registration response (RFC 7591)</td>
 * </tr>
 * <tr>
 * <td>{@code linear.meta.json}</td>
 * <td>the authorization server metadata (RFC 8414)</td>
 * </tr>
 * <tr>
 * <td>{@code linear.logins.json}</td>
 * <td>logins that wait for a user, sealed with the key in {@code logins.key}</td>
 * </tr>
 * <tr>
 * <td>{@code records.lock}</td>
 * <td>nothing; locked for the time in which a process changes a client, a binding or a
 * login that waits</td>
 * </tr>
 * <tr>
 * <td>{@code linear.json.refresh.lock}</td>
 * <td>nothing; locked by the process that refreshes or logs in, and never removed</td>
 * </tr>
 * <tr>
 * <td>{@code linear.json.refresh.spending}</td>
 * <td>the fingerprint of a refresh token that was sent and has no known answer yet</td>
 * </tr>
 * </table>
 * <p>
 * A principal's grants are in a directory of its own below {@code principals}. Its name
 * is a digest of the principal's behind a few of its characters, with files of the same
 * names: {@code principals/alice-2bd806c97f0e00af1a1fc3328fa763a9/linear.json}. The file
 * {@code .principal.json} in it has the name. Directories of a version that wrote none
 * are used, and are listed after the next write. When the last record of a principal is
 * removed, the directory is.
 * <p>
 * Any program may replace {@code linear.json}, be it by a bare token response: the
 * missing members are completed from the other files and from the grant that this process
 * saw last, a refresh token included. Without {@code expires_at}, the file's modification
 * time is the time that {@code expires_in} counts from. A file that vanishes is a logout.
 * <p>
 * Nothing is touched before the first use, and the directory is created by the first
 * write. Where the directory is read-only, grants are read and used, but nothing can be
 * locked and hence nothing refreshed.
 */
public final class FileTokenStore implements TokenStore {

	private static final Log logger = LogFactory.getLog(FileTokenStore.class);

	private final RecordDirectory directory;

	private final Clock clock;

	private final WorkThreads threads;

	private final RecordsLock lock;

	private final FileLoginRecords logins;

	private final Map<GrantKey, GrantFile> files = new ConcurrentHashMap<>();

	private final Map<Path, GrantKey> owners = new ConcurrentHashMap<>();

	private final Set<Path> exposed = ConcurrentHashMap.newKeySet();

	/**
	 * Create a store.
	 * @param directory where the files are, need not exist
	 */
	public FileTokenStore(Path directory) {
		this(directory, Clock.systemUTC(), WorkThreads.platform());
	}

	/**
	 * Create a store.
	 * @param directory the directory of the files, need not exist
	 * @param clock tells the time of notes and copies. Whether a file has changed does
	 * not depend on it
	 * @param threads the threads that read and write
	 */
	public FileTokenStore(Path directory, Clock clock, WorkThreads threads) {
		Assert.notNull(directory, "'directory' must not be null");
		Assert.notNull(clock, "'clock' must not be null");
		this.directory = new RecordDirectory(directory);
		this.clock = clock;
		this.threads = threads;
		this.lock = new RecordsLock(this.directory, threads);
		this.logins = new FileLoginRecords(this.directory, this.lock, threads);
	}

	/**
	 * The directory of the files if it is not configured.
	 * @return {@code .mcp-oauth} in the home directory of the user, {@code null} if the
	 * user has no home directory
	 */
	public static @Nullable Path defaultDirectory() {
		return defaultDirectory(System.getProperty("user.home"), System.getenv("HOME"));
	}

	/**
	 * Find the directory. A JDK gives {@code ?} as the home directory of a user without
	 * an entry in the user database, as containers have them.
	 */
	static @Nullable Path defaultDirectory(@Nullable String... homes) {
		for (String home : homes) {
			if (home != null && !home.isBlank() && Path.of(home).isAbsolute()) {
				return Path.of(home, ".mcp-oauth");
			}
		}
		return null;
	}

	/**
	 * The name of the file of a grant, in any directory. Letters, digits, underscores and
	 * hyphens stand as they are, everything else becomes an underscore.
	 * @param key the grant
	 * @return the name of the file, without a directory
	 */
	public static String fileName(GrantKey key) {
		return RecordName.of(key).grant();
	}

	/**
	 * Two grants with the same one cannot be told apart on every file system.
	 */
	private static Path folded(GrantKey key) {
		return PrincipalName.directory(Path.of(""), key).resolve(RecordName.of(key).folded());
	}

	/**
	 * Find the grants that cannot be kept in one directory, because their files have the
	 * same name or one that some file systems take for the same.
	 * @param keys grants
	 * @return for each such name the grants that share it, empty if there are no such
	 * names
	 */
	public static Map<String, List<GrantKey>> collisions(Collection<GrantKey> keys) {
		Map<Path, List<GrantKey>> byName = new LinkedHashMap<>();
		for (GrantKey key : Set.copyOf(keys)) {
			byName.computeIfAbsent(folded(key), (name) -> new ArrayList<>()).add(key);
		}
		Map<String, List<GrantKey>> collisions = new LinkedHashMap<>();
		for (List<GrantKey> sharing : byName.values()) {
			if (sharing.size() > 1) {
				collisions.put(fileName(sharing.get(0)), List.copyOf(sharing));
			}
		}
		return collisions;
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return read(key, (file) -> {
			StoredGrant stored = file.load();
			if (stored.grant() != null) {
				warnIfExposed(file.path());
				warnIfExposed(file.directory().path());
			}
			return stored;
		});
	}

	@Override
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		if (!(stamp instanceof FileStamp fileStamp)) {
			return false;
		}
		GrantFile file = this.files.get(key);
		return file != null && file.isCurrent(fileStamp);
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		Assert.isTrue(grant.generation() > ((replaces != null) ? replaces.generation() : 0),
				"The generation of 'grant' must be above that of the replaced grant");
		return write(key, (file) -> file.save(grant, replaces, metadata));
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return write(key, (file) -> {
			file.saveLessons(lessons);
			return null;
		});
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return write(key, (file) -> {
			file.delete();
			return null;
		});
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return write(key, (file) -> {
			file.purge();
			return null;
		}).then(Mono.fromRunnable(() -> forget(key)));
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return read(key, GrantFile::loadClient);
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return change(key, (file) -> {
			file.saveClient(client);
			return null;
		});
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return change(key, (file) -> {
			file.deleteClient();
			return null;
		});
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return read(key.ofApplication(), GrantFile::loadIssuer);
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return loadIssuer(key)
			.switchIfEmpty(Mono.defer(() -> change(key.ofApplication(), (file) -> file.bindIssuer(issuer))));
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return read(key, GrantFile::loadMetadata);
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return Mono.using(() -> enter(key), (file) -> locked(key, file, wait, work), GrantFile::leave, false);
	}

	private <T> Mono<T> locked(GrantKey key, GrantFile file, Duration wait, Mono<T> work) {
		return Mono.create((sink) -> {
			Path lock = file.lock();
			LockedWork<T> locked = new LockedWork<>(work, sink, (ex) -> lockFailure(key, lock, ex), file::quiesce);
			// The caller's reaction to the error must not block the timer
			Runnable timeout = () -> LockFile.EXECUTOR
				.execute(() -> locked.timeout(() -> new LockTimeoutException(key.server(), lock.toString(), wait)));
			Disposable timer = this.threads.timer().schedule(timeout, wait.toMillis(), TimeUnit.MILLISECONDS);
			sink.onDispose(timer);
			sink.onCancel(locked::cancel);
			LockFile.EXECUTOR.execute(() -> file.enterLock(locked));
		});
	}

	/**
	 * The operating system releases a file lock when its holder dies, and not before.
	 */
	@Override
	public boolean canLoseLock() {
		return false;
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return write(key, (file) -> file.noteSpending(grant, note, young));
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return write(key, (file) -> {
			file.withdrawSpending(owner);
			return null;
		});
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		FileListing listing = new FileListing(this.directory.resolve(PrincipalName.DIRECTORIES));
		return Mono.create((sink) -> this.threads.blocking().schedule(() -> {
			try {
				sink.success(listing.list(query));
			}
			catch (IOException | RuntimeException ex) {
				sink.error(new TokenStoreException(ANY_SERVER,
						"Cannot list %s: %s".formatted(listing.principals(), FileFailure.reason(ex)), ex));
			}
		}));
	}

	@Override
	public FileLoginRecords logins() {
		return this.logins;
	}

	@Override
	public String location(GrantKey key) {
		return this.directory.of(key).resolve(fileName(key)).toString();
	}

	@Override
	public void forget(GrantKey key) {
		GrantFile left = this.files.computeIfPresent(key, (same, file) -> file.isInUse() ? file : null);
		if (left == null) {
			this.owners.remove(folded(key), key);
		}
	}

	/**
	 * The files of a grant, not to be forgotten before they are left. Records do not name
	 * their grant, so that a file name belongs to the grant that used it first.
	 */
	private GrantFile enter(GrantKey key) {
		return this.files.compute(key, (same, file) -> {
			if (file != null) {
				return file.enter();
			}
			GrantKey owner = this.owners.putIfAbsent(folded(key), key);
			if (owner != null && !owner.equals(key)) {
				throw new TokenStoreException(key.server(),
						"MCP servers '%s' and '%s' cannot both be kept in %s, because their files would have the same name. Rename one of them"
							.formatted(owner, key, this.directory.path()),
						null);
			}
			return new GrantFile(key, RecordName.of(key), this.directory.of(key), this.clock).enter();
		});
	}

	private <T> Mono<T> read(GrantKey key, Operation<T> operation) {
		return perform(key, "read", (file, cancelled) -> operation.perform(file));
	}

	/**
	 * Write, unless cancelled before it has begun. A write that has begun is finished,
	 * and a lock that is held meanwhile is not released before.
	 */
	private <T> Mono<T> write(GrantKey key, Operation<T> operation) {
		return perform(key, "write", (file, cancelled) -> {
			synchronized (file) {
				return cancelled.get() ? null : operation.perform(file);
			}
		});
	}

	/**
	 * Change a file that processes write without the lock of the grant. Between the look
	 * and the write of one, another could bind another issuer or register another client.
	 */
	private <T> Mono<T> change(GrantKey key, Operation<T> operation) {
		return this.lock.within(() -> {
			GrantFile file = enter(key);
			try {
				synchronized (file) {
					return operation.perform(file);
				}
			}
			finally {
				file.leave();
			}
		}).onErrorMap((ex) -> failure(key, "write", ex));
	}

	private <T> Mono<T> perform(GrantKey key, String verb, CancellableOperation<T> operation) {
		return Mono.create((sink) -> {
			GrantFile file = enter(key);
			AtomicBoolean cancelled = new AtomicBoolean();
			sink.onCancel(() -> cancelled.set(true));
			// Not by subscribeOn, which would interrupt the thread when cancelled
			this.threads.blocking().schedule(() -> {
				@Nullable T result = null;
				@Nullable Throwable failure = null;
				try {
					result = operation.perform(file, cancelled);
				}
				catch (Throwable ex) {
					failure = ex;
				}
				file.leave();
				if (failure == null) {
					sink.success(result);
				}
				else if (cancelled.get()) {
					logger.debug("Failed to %s a file of MCP server '%s', which was cancelled".formatted(verb, key),
							failure);
				}
				else {
					sink.error(failure(key, verb, failure));
				}
			});
		});
	}

	private TokenStoreException failure(GrantKey key, String verb, Throwable ex) {
		if (ex instanceof TokenStoreException failure) {
			return failure;
		}
		if (ex instanceof MalformedRecordException) {
			return new CorruptRecordException(key.server(),
					"The record %s of MCP server '%s' %s. It is left as it is until a login or another program replaces it"
						.formatted(location(key), key, ex.getMessage()),
					null);
		}
		return new TokenStoreException(key.server(), "Cannot %s %s of MCP server '%s': %s%s".formatted(verb,
				location(key), key, FileFailure.reason(ex), this.directory.advice(ex)), ex);
	}

	private TokenStoreException lockFailure(GrantKey key, Path lock, Throwable ex) {
		if (ex instanceof TokenStoreException failure) {
			return failure;
		}
		return new TokenStoreException(key.server(),
				"Cannot lock %s of MCP server '%s': %s. Without the lock nothing is sent, because its result could not be kept%s"
					.formatted(lock, key, FileFailure.reason(ex), this.directory.advice(ex)),
				ex);
	}

	private void warnIfExposed(Path path) throws IOException {
		if (this.exposed.contains(path)) {
			return;
		}
		String exposure = this.directory.exposure(path);
		if (exposure != null && this.exposed.add(path)) {
			logger.warn("Other users can %s %s, where tokens are kept. Take that permission from them"
				.formatted(exposure, path));
		}
	}

	/**
	 * Something that is done with the files of a grant.
	 *
	 * @param <T> the type of result
	 */
	@FunctionalInterface
	private interface Operation<T> {

		@Nullable T perform(GrantFile file) throws IOException, MalformedRecordException;

	}

	/**
	 * Something that is done with the files of a grant if it is not too late.
	 *
	 * @param <T> the type of result
	 */
	@FunctionalInterface
	private interface CancellableOperation<T> {

		@Nullable T perform(GrantFile file, AtomicBoolean cancelled) throws IOException, MalformedRecordException;

	}

}
