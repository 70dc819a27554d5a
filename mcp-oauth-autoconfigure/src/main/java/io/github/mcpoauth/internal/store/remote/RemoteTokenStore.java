// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.LessonsDocument;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.store.remote.RecordCommands.Document;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Absent;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Damaged;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Expected;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Same;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Keeps grants on a server, for nodes that share them.
 * <p>
 * The lock is a lease by the server's clock. A write is one step that compares the
 * generation and the tokens it replaces, so that a node that lost its lease while it was
 * paused cannot overwrite. Changes are pushed where the server can do that, and records
 * in use are compared now and then in any case, see {@link RecordWatch}.
 * <p>
 * Every command has a deadline. After the deadline of a write its outcome is unknown: the
 * caller gets an error, and the next load tells which record there is.
 */
public class RemoteTokenStore implements TokenStore, AutoCloseable {

	private static final Log logger = LogFactory.getLog(RemoteTokenStore.class);

	private final RecordCommands records;

	private final RemoteStoreSettings settings;

	private final WorkThreads threads;

	private final RecordWatch watch;

	private final LeaseLock lock;

	private final LoginRecords logins = new Logins();

	/**
	 * Becomes true once. A read that misses the change waits longer, and no more.
	 */
	private volatile boolean answered;

	/**
	 * Create a store.
	 * @param records the server's commands
	 * @param settings times
	 * @param threads the threads of the manager
	 */
	public RemoteTokenStore(RecordCommands records, RemoteStoreSettings settings, WorkThreads threads) {
		this.records = records;
		this.settings = settings;
		this.threads = threads;
		this.watch = new RecordWatch(this::revisions, settings, threads);
		this.lock = new LeaseLock(records.leases(), settings.lease(), threads, this.watch::isConnected,
				(key, ex) -> translate(key.server(),
						"The lock of MCP server '%s' could not be asked for".formatted(key), settings.writeTimeout(),
						ex));
		records.listen(new RemoteEvents(this.watch, this.lock));
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return Mono.defer(() -> {
			RecordWatch.Mark mark = this.watch.mark(key);
			return read(key, this.records.read(key)).doOnError((ex) -> this.watch.failed()).map((record) -> {
				this.watch.seen(key, mark, record.revision());
				String content = record.content();
				return new StoredGrant((content != null) ? parse(key, content) : null, record.revision(),
						lessons(key, record.lessons()));
			});
		});
	}

	@Override
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		return stamp instanceof Revision && this.watch.isCurrent(key, stamp);
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		return Mono.defer(() -> {
			RecordWatch.Mark mark = this.watch.mark(key);
			Revision revision = Revision.random();
			String content = text(GrantDocument.render(grant));
			String document = (metadata != null) ? text(JsonMembers.render(metadata)) : null;
			Expected expected = (replaces != null) ? new Same(Fence.of(replaces)) : new Absent();
			RecordWrite write = new RecordWrite(content, Fence.of(grant), revision, document, expected);
			return write(key, this.records.write(key, write))
				.flatMap((written) -> (!written && replaces == null) ? replaceDamaged(key, write) : Mono.just(written))
				.flatMap((written) -> {
					if (!written) {
						return Mono.error(new GrantConflictException(key.server()));
					}
					this.watch.seen(key, mark, revision);
					return document(key, Document.LESSONS, LessonsDocument::parse).onErrorComplete()
						.defaultIfEmpty(GrantLessons.NONE)
						.map((lessons) -> new StoredGrant(grant, revision, lessons));
				});
		});
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return Mono.defer(
				() -> write(key, Document.LESSONS, lessons.isEmpty() ? null : text(LessonsDocument.render(lessons))));
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return remove(key, false);
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return remove(key, true);
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return document(key, Document.CLIENT, ClientDocument::parse);
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return Mono.defer(() -> write(key, Document.CLIENT, text(ClientDocument.render(client))));
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return write(key, Document.CLIENT, null);
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return read(key, this.records.read(key.ofApplication(), Document.ISSUER));
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return write(key, this.records.writeIfAbsent(key.ofApplication(), Document.ISSUER, issuer));
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return document(key, Document.METADATA, (content) -> JsonMembers.parse(content).rest());
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return this.lock.locked(key, wait, work.subscribeOn(this.threads.blocking()));
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return write(key, Mono.defer(() -> this.records.note(key, Fence.of(grant), note, young, this.lock.owner(key))));
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return write(key, this.records.withdraw(key, owner));
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		Duration deadline = this.settings.writeTimeout();
		return bounded(deadline, Mono.defer(() -> this.records.list(query))).onErrorMap(
				(ex) -> !(ex instanceof IllegalArgumentException),
				(ex) -> translate(ANY_SERVER, "Stored grants could not be listed", deadline, ex));
	}

	@Override
	public LoginRecords logins() {
		return this.logins;
	}

	@Override
	public void forget(GrantKey key) {
		this.watch.forget(key);
	}

	@Override
	public String location(GrantKey key) {
		return this.records.location(key);
	}

	/**
	 * Stop to receive changes. Connections that the application owns stay open.
	 */
	@Override
	public void close() {
		this.records.close();
	}

	private Mono<Map<GrantKey, Revision>> revisions(Collection<GrantKey> keys) {
		return this.records.revisions(keys);
	}

	private Mono<Boolean> replaceDamaged(GrantKey key, RecordWrite write) {
		return read(key, this.records.read(key)).flatMap((record) -> {
			String content = record.content();
			if (content == null || !isDamaged(content)) {
				return Mono.just(false);
			}
			logger.warn("The damaged record %s of MCP server '%s' is replaced now, and a copy of it is kept"
				.formatted(location(key), key));
			return write(key, this.records.write(key, new RecordWrite(write.content(), write.fence(), write.revision(),
					write.metadata(), new Damaged(content, record.revision()))));
		});
	}

	private static boolean isDamaged(String content) {
		try {
			GrantDocument.parse(bytes(content), Instant.EPOCH);
			return false;
		}
		catch (MalformedRecordException ex) {
			return true;
		}
	}

	private Grant parse(GrantKey key, String content) {
		try {
			// This store writes no grant with a lifetime and without an expiry, so the
			// time of writing is never needed
			return GrantDocument.parse(bytes(content), Instant.EPOCH).grant();
		}
		catch (MalformedRecordException ex) {
			throw new CorruptRecordException(key.server(),
					"The stored grant of MCP server '%s' in %s %s. Log in again: `%s`; a copy of the damaged record is kept"
						.formatted(key, location(key), ex.getMessage(), key.loginCommand()),
					null);
		}
	}

	private static GrantLessons lessons(GrantKey key, @Nullable String content) {
		try {
			return (content != null) ? LessonsDocument.parse(bytes(content)) : GrantLessons.NONE;
		}
		catch (MalformedRecordException ex) {
			logger.debug("The lessons of MCP server '%s' %s".formatted(key, ex.getMessage()));
			return GrantLessons.NONE;
		}
	}

	private Mono<Void> remove(GrantKey key, boolean all) {
		return Mono.defer(() -> {
			RecordWatch.Mark mark = this.watch.mark(key);
			return write(key, this.records.remove(key, all))
				.doOnSuccess((unused) -> this.watch.seen(key, mark, Revision.NONE));
		});
	}

	private <T> Mono<T> document(GrantKey key, Document document, Parser<T> parser) {
		return read(key, this.records.read(key, document)).handle((content, sink) -> {
			try {
				sink.next(parser.parse(bytes(content)));
			}
			catch (MalformedRecordException ex) {
				logger.debug("The document %s of MCP server '%s' %s".formatted(document, key, ex.getMessage()));
			}
		});
	}

	private Mono<Void> write(GrantKey key, Document document, @Nullable String content) {
		return write(key, this.records.write(key, document, content));
	}

	/**
	 * The first command of a process opens the connection and loads the client, which can
	 * take longer than the deadline of a read where the processor is busy.
	 */
	private <T> Mono<T> read(GrantKey key, Mono<T> command) {
		return Mono.defer(() -> bounded(key, "read",
				this.answered ? this.settings.timeout() : this.settings.writeTimeout(), command));
	}

	private <T> Mono<T> write(GrantKey key, Mono<T> command) {
		return bounded(key, "written", this.settings.writeTimeout(), command);
	}

	private <T> Mono<T> bounded(GrantKey key, String verb, Duration deadline, Mono<T> command) {
		return bounded(deadline, command).onErrorMap((ex) -> translate(key.server(),
				"The grant of MCP server '%s' could not be %s".formatted(key, verb), deadline, ex));
	}

	private <T> Mono<T> bounded(Duration deadline, Mono<T> command) {
		return command.doOnSuccess((unused) -> this.answered = true)
			.timeout(deadline, this.threads.timer())
			.publishOn(this.threads.blocking());
	}

	private TokenStoreException translate(String server, String failure, Duration deadline, Throwable ex) {
		if (ex instanceof TokenStoreException translated) {
			return translated;
		}
		RecordCommands.Reason reason = this.records.reason(ex);
		String text = (ex instanceof TimeoutException) ? "no answer within %d ms".formatted(deadline.toMillis())
				: reason.text();
		return new TokenStoreException(server,
				"%s in %s: %s. %s".formatted(failure, reason.store(), text, reason.advice()),
				(reason.quotable() && !(ex instanceof TimeoutException)) ? ex : null);
	}

	private static String text(byte[] json) {
		return new String(json, StandardCharsets.UTF_8);
	}

	private static byte[] bytes(String json) {
		return json.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * The logins of all grants.
	 */
	private final class Logins implements LoginRecords {

		/**
		 * Stands for all servers in messages.
		 */
		private static final GrantKey ALL = GrantKey.of("*");

		@Override
		public Mono<String> load(GrantKey key) {
			return RemoteTokenStore.this.read(key, RemoteTokenStore.this.records.logins(key));
		}

		@Override
		public Mono<Boolean> replace(GrantKey key, @Nullable String expected, @Nullable String next,
				Duration lifetime) {
			return RemoteTokenStore.this.write(key,
					RemoteTokenStore.this.records.replaceLogins(key, expected, next, lifetime));
		}

		@Override
		public Mono<String> key(@Nullable String expected, String next) {
			Mono<String> present = RemoteTokenStore.this.read(ALL, RemoteTokenStore.this.records.logins(null));
			return present.filter((key) -> !key.equals(expected))
				.switchIfEmpty(RemoteTokenStore.this
					.write(ALL, RemoteTokenStore.this.records.replaceLogins(null, expected, next, null))
					.flatMap((replaced) -> replaced ? Mono.just(next) : present));
		}

		@Override
		public boolean removesExpired() {
			return RemoteTokenStore.this.records.removesExpiredLogins();
		}

	}

	/**
	 * Parses a document.
	 *
	 * @param <T> the type of content
	 */
	@FunctionalInterface
	private interface Parser<T> {

		T parse(byte[] content) throws MalformedRecordException;

	}

}
