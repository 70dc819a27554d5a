// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;

import javax.sql.DataSource;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.LessonsDocument;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.store.record.SpendingDocument;
import io.github.mcpoauth.internal.store.remote.Fence;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseLock;
import io.github.mcpoauth.internal.store.remote.LeaseLostException;
import io.github.mcpoauth.internal.store.remote.RecordWatch;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.store.remote.Revision;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps grants in a database, for nodes that share them. The tables are those of
 * {@code schema-<platform>.sql} beside this class.
 * <p>
 * The lock is a lease by the database's clock. A write is one statement that compares the
 * generation and the tokens it replaces, so that a node whose lease ran out while it was
 * paused cannot overwrite. On PostgreSQL changes are pushed with {@code LISTEN} and
 * {@code NOTIFY} over a connection of its own; with any database records in use are
 * compared now and then, see {@link RecordWatch}.
 */
public final class JdbcTokenStore implements TokenStore, AutoCloseable {

	private static final Log logger = LogFactory.getLog(JdbcTokenStore.class);

	private static final int KEYS_PER_QUERY = 500;

	private static final String SELECT = "SELECT content, revision, written_at FROM mcp_oauth_grant WHERE grant_key = ?";

	private static final String INSERT = """
			INSERT INTO mcp_oauth_grant (content, generation, tokens, revision, written_at, grant_key)
			VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP, ?)""";

	private static final String UPDATE = """
			UPDATE mcp_oauth_grant
			SET content = ?, generation = ?, tokens = ?, revision = ?, written_at = CURRENT_TIMESTAMP
			WHERE grant_key = ?""";

	private static final String UPDATE_IF_SAME = UPDATE + " AND generation = ? AND tokens = ?";

	private static final String UPDATE_CORRUPT = UPDATE + " AND revision = ? AND content = ?";

	private static final String LOCK = "SELECT generation, tokens FROM mcp_oauth_grant WHERE grant_key = ? FOR UPDATE";

	private static final String DELETE = "DELETE FROM mcp_oauth_grant WHERE grant_key = ?";

	private static final String SELECT_DOCUMENT = "SELECT content FROM mcp_oauth_document WHERE grant_key = ? AND kind = ?";

	private static final String INSERT_DOCUMENT = "INSERT INTO mcp_oauth_document (content, grant_key, kind) VALUES (?, ?, ?)";

	private static final String UPDATE_DOCUMENT = "UPDATE mcp_oauth_document SET content = ? WHERE grant_key = ? AND kind = ?";

	private static final String DELETE_DOCUMENT = "DELETE FROM mcp_oauth_document WHERE grant_key = ? AND kind = ?";

	private static final String DELETE_DOCUMENTS = "DELETE FROM mcp_oauth_document WHERE grant_key = ?";

	private static final String CLIENT = "client";

	private static final String METADATA = "metadata";

	private static final String SPENDING = "spending";

	private static final String LESSONS = "lessons";

	private static final String ISSUER = "issuer";

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transaction;

	private final RemoteStoreSettings settings;

	private final JdbcErrors errors = new JdbcErrors();

	private final RecordWatch watch;

	private final Push push;

	private final JdbcLeaseTable leases;

	private final LeaseLock lock;

	/**
	 * Create a store.
	 * @param dataSource the database
	 * @param listener where to take the connection from that listens for changes if the
	 * database is PostgreSQL. It is kept for as long as the store is in use, so this
	 * should not be a pool that others need. {@code null} to compare only
	 * @param settings times
	 */
	public JdbcTokenStore(DataSource dataSource, @Nullable DataSource listener, RemoteStoreSettings settings) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
		this.settings = settings;
		this.watch = new RecordWatch(this::revisions, settings);
		this.push = new Push(this.jdbc, listener, this.watch);
		this.leases = new JdbcLeaseTable(this.jdbc, this.push, this.errors);
		this.lock = new LeaseLock(this.leases, settings.lease());
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return Mono.defer(() -> {
			RecordWatch.Mark mark = this.watch.mark(key);
			return Blocking.call(() -> {
				this.push.listen(this.lock);
				return Optional.ofNullable(select(key));
			}).timeout(this.settings.timeout()).doOnError((ex) -> this.watch.failed()).map((found) -> {
				Row row = found.orElse(null);
				Revision revision = (row != null) ? row.revision() : Revision.NONE;
				this.watch.seen(key, mark, revision);
				return new StoredGrant((row != null) ? decode(key, row) : null, revision, GrantLessons.NONE);
			})
				.onErrorMap((ex) -> translate(key, "read", ex))
				.flatMap((stored) -> lessons(key)
					.map((lessons) -> new StoredGrant(stored.grant(), stored.stamp(), lessons)));
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
			return execute(key, "written", () -> {
				Revision revision = Revision.random();
				this.transaction.executeWithoutResult((status) -> {
					if (!write(key, grant, revision, replaces)) {
						throw new GrantConflictException(key.server());
					}
					if (metadata != null) {
						writeDocument(key, METADATA, text(JsonMembers.render(metadata)));
					}
					this.push.changed(key, revision);
				});
				this.watch.seen(key, mark, revision);
				return revision;
			}).flatMap((revision) -> lessons(key).map((lessons) -> new StoredGrant(grant, revision, lessons)));
		});
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return lessons.isEmpty() ? deleteDocument(key, LESSONS) : this.<Void>execute(key, "written", () -> {
			writeDocument(key, LESSONS, text(LessonsDocument.render(lessons)));
			return null;
		});
	}

	private Mono<GrantLessons> lessons(GrantKey key) {
		return document(key, LESSONS, LessonsDocument::parse).defaultIfEmpty(GrantLessons.NONE);
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return remove(key, () -> {
			this.jdbc.update(DELETE_DOCUMENT, KeyCodec.of(key), SPENDING);
			this.jdbc.update(DELETE_DOCUMENT, KeyCodec.of(key), LESSONS);
		});
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return remove(key, () -> this.jdbc.update(DELETE_DOCUMENTS, KeyCodec.of(key)));
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return document(key, CLIENT, ClientDocument::parse);
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return this.<Void>execute(key, "written", () -> {
			writeDocument(key, CLIENT, text(ClientDocument.render(client)));
			return null;
		});
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return deleteDocument(key, CLIENT);
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return execute(key, "read", () -> selectDocument(key.ofApplication(), ISSUER));
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return execute(key, "written", () -> {
			try {
				this.jdbc.update(INSERT_DOCUMENT, issuer, KeyCodec.of(key.ofApplication()), ISSUER);
				return issuer;
			}
			catch (DuplicateKeyException ex) {
				return selectDocument(key.ofApplication(), ISSUER);
			}
		});
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return document(key, METADATA, (content) -> JsonMembers.parse(content).rest());
	}

	@Override
	public Mono<Void> saveMetadata(GrantKey key, Map<String, Object> metadata) {
		return this.<Void>execute(key, "written", () -> {
			writeDocument(key, METADATA, text(JsonMembers.render(metadata)));
			return null;
		});
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return this.lock.locked(key, wait, work);
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return execute(key, "written", () -> this.transaction.execute((status) -> {
			String owner = this.lock.owner(key);
			// The last look before the token is sent: a node that was paused since it got
			// the
			// lock must not send what another has spent meanwhile
			if (owner != null && !this.leases.renewNow(key, owner, this.settings.lease())) {
				throw new LeaseLostException(key.server(), this.settings.lease());
			}
			Fence read = Fence.of(grant);
			// Locks the row: without that, a save could come between the look and the
			// note
			List<Fence> stored = this.jdbc.query(LOCK,
					(result, number) -> new Fence(result.getLong(1), result.getString(2)), KeyCodec.of(key));
			if (!stored.equals(List.of(read))) {
				throw new GrantConflictException(key.server());
			}
			OffsetDateTime time = this.jdbc.queryForObject("SELECT CURRENT_TIMESTAMP", OffsetDateTime.class);
			Instant now = Objects.requireNonNull(time).toInstant();
			String text = selectDocument(key, SPENDING);
			SpendingDocument present = (text != null) ? SpendingDocument.parse(text) : null;
			SpendingResult pending = (present != null) ? present.pending(note, now, young) : null;
			if (pending != null) {
				return pending;
			}
			writeDocument(key, SPENDING, SpendingDocument.of(note, now).render());
			return new SpendingResult.Noted(present != null && present.isFor(note));
		}));
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return this.<Void>execute(key, "removed", () -> {
			String text = selectDocument(key, SPENDING);
			if (text != null && SpendingDocument.parse(text).isOf(owner)) {
				this.jdbc.update(DELETE_DOCUMENT + " AND content = ?", KeyCodec.of(key), SPENDING, text);
			}
			return null;
		});
	}

	@Override
	public void forget(GrantKey key) {
		this.watch.forget(key);
	}

	@Override
	public String location(GrantKey key) {
		return "mcp_oauth_grant[%s]".formatted(KeyCodec.readable(key));
	}

	/**
	 * Stop listening. The data sources are left open.
	 */
	@Override
	public void close() {
		this.push.close();
	}

	private @Nullable Row select(GrantKey key) {
		List<Row> rows = this.jdbc.query(SELECT, (result, number) -> new Row(result.getString(1),
				new Revision(result.getString(2)), result.getObject(3, OffsetDateTime.class).toInstant()),
				KeyCodec.of(key));
		return rows.isEmpty() ? null : rows.get(0);
	}

	private Grant decode(GrantKey key, Row row) {
		try {
			return GrantDocument.parse(row.content().getBytes(StandardCharsets.UTF_8), row.writtenAt()).grant();
		}
		catch (MalformedRecordException ex) {
			throw new CorruptRecordException(key.server(),
					"The stored grant of MCP server '%s' in %s %s. Log in again: `%s`; the damaged record is then kept aside"
						.formatted(key, location(key), ex.getMessage(), key.loginCommand()),
					null);
		}
	}

	private boolean write(GrantKey key, Grant grant, Revision revision, @Nullable Grant replaces) {
		if (replaces != null) {
			Fence expected = Fence.of(replaces);
			return write(UPDATE_IF_SAME, key, grant, revision, expected.generation(), expected.tokens()) == 1;
		}
		Row stored = select(key);
		if (stored != null) {
			return isKeptAside(key, stored)
					&& write(UPDATE_CORRUPT, key, grant, revision, stored.revision().value(), stored.content()) == 1;
		}
		try {
			return write(INSERT, key, grant, revision) == 1;
		}
		catch (DuplicateKeyException ex) {
			return false;
		}
	}

	private int write(String statement, GrantKey key, Grant grant, Revision revision, Object... condition) {
		List<Object> arguments = new ArrayList<>(List.of(text(GrantDocument.render(grant)), grant.generation(),
				Fence.of(grant).tokens(), revision.value(), KeyCodec.of(key)));
		arguments.addAll(List.of(condition));
		return this.jdbc.update(statement, arguments.toArray());
	}

	private boolean isKeptAside(GrantKey key, Row stored) {
		try {
			decode(key, stored);
			return false;
		}
		catch (CorruptRecordException ex) {
			String aside = "corrupt-" + stored.revision().value();
			logger.warn("The damaged record of MCP server '%s' is kept aside as mcp_oauth_document[%s, %s]"
				.formatted(key, KeyCodec.readable(key), aside));
			writeDocument(key, aside, stored.content());
			return true;
		}
	}

	private Mono<Void> remove(GrantKey key, Runnable besides) {
		return Mono.defer(() -> {
			RecordWatch.Mark mark = this.watch.mark(key);
			return this.<Void>execute(key, "removed", () -> {
				this.transaction.executeWithoutResult((status) -> {
					besides.run();
					if (this.jdbc.update(DELETE, KeyCodec.of(key)) > 0) {
						this.push.changed(key, Revision.NONE);
					}
				});
				this.watch.seen(key, mark, Revision.NONE);
				return null;
			});
		});
	}

	private Mono<Map<GrantKey, Revision>> revisions(Collection<GrantKey> keys) {
		return Blocking.call(() -> {
			this.push.listen(this.lock);
			Map<String, Revision> found = new HashMap<>();
			List<String> names = keys.stream().map(KeyCodec::of).toList();
			for (int from = 0; from < names.size(); from += KEYS_PER_QUERY) {
				List<String> some = names.subList(from, Math.min(names.size(), from + KEYS_PER_QUERY));
				String query = "SELECT grant_key, revision FROM mcp_oauth_grant WHERE grant_key IN (%s)"
					.formatted(String.join(", ", Collections.nCopies(some.size(), "?")));
				RowCallbackHandler row = (result) -> found.put(result.getString(1), new Revision(result.getString(2)));
				this.jdbc.query(query, row, some.toArray());
			}
			Map<GrantKey, Revision> revisions = new HashMap<>();
			keys.forEach((key) -> revisions.put(key, found.getOrDefault(KeyCodec.of(key), Revision.NONE)));
			return revisions;
		});
	}

	private <T> Mono<T> document(GrantKey key, String kind, Parser<T> parser) {
		return execute(key, "read", () -> selectDocument(key, kind)).timeout(this.settings.timeout())
			.<T>handle((content, sink) -> {
				try {
					sink.next(parser.parse(content.getBytes(StandardCharsets.UTF_8)));
				}
				catch (MalformedRecordException ex) {
					logger.debug("The %s of MCP server '%s' %s".formatted(kind, key.server(), ex.getMessage()));
				}
			})
			.onErrorMap((ex) -> translate(key, "read", ex));
	}

	private @Nullable String selectDocument(GrantKey key, String kind) {
		List<String> found = this.jdbc.queryForList(SELECT_DOCUMENT, String.class, KeyCodec.of(key), kind);
		return found.isEmpty() ? null : found.get(0);
	}

	private void writeDocument(GrantKey key, String kind, String content) {
		if (this.jdbc.update(UPDATE_DOCUMENT, content, KeyCodec.of(key), kind) == 1) {
			return;
		}
		try {
			this.jdbc.update(INSERT_DOCUMENT, content, KeyCodec.of(key), kind);
		}
		catch (DuplicateKeyException ex) {
			this.jdbc.update(UPDATE_DOCUMENT, content, KeyCodec.of(key), kind);
		}
	}

	private Mono<Void> deleteDocument(GrantKey key, String kind) {
		return this.<Void>execute(key, "removed", () -> {
			this.jdbc.update(DELETE_DOCUMENT, KeyCodec.of(key), kind);
			return null;
		});
	}

	private <T> Mono<T> execute(GrantKey key, String what, Callable<? extends @Nullable T> work) {
		return Blocking.<T>call(work).onErrorMap((ex) -> translate(key, what, ex));
	}

	private TokenStoreException translate(GrantKey key, String what, Throwable ex) {
		if (ex instanceof TimeoutException) {
			return new TokenStoreException(key.server(),
					"The grant of MCP server '%s' could not be %s in the database: no answer within %d ms. What is in memory stays usable; look whether the database can be reached"
						.formatted(key.server(), what, this.settings.timeout().toMillis()),
					null);
		}
		return this.errors.translate(key, what, ex);
	}

	private static String text(byte[] json) {
		return new String(json, StandardCharsets.UTF_8);
	}

	private interface Parser<T> {

		T parse(byte[] content) throws MalformedRecordException;

	}

	private record Row(String content, Revision revision, Instant writtenAt) {

	}

}
