// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

import javax.sql.DataSource;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.jdbc.Database.UnsupportedDatabaseException;
import io.github.mcpoauth.internal.store.record.SpendingDocument;
import io.github.mcpoauth.internal.store.remote.Fence;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseLostException;
import io.github.mcpoauth.internal.store.remote.LeaseTable;
import io.github.mcpoauth.internal.store.remote.RecordCommands;
import io.github.mcpoauth.internal.store.remote.RecordWrite;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Absent;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Damaged;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Same;
import io.github.mcpoauth.internal.store.remote.RemoteEvents;
import io.github.mcpoauth.internal.store.remote.RemoteRecord;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.store.remote.Revision;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * Records as rows of three tables. Every change is one transaction.
 */
final class JdbcRecords implements RecordCommands {

	private static final int KEYS_PER_QUERY = 500;

	private static final String SELECT = """
			SELECT g.grant_key, g.content, g.revision, d.content FROM mcp_oauth_grant g
			LEFT JOIN mcp_oauth_document d ON d.grant_key = g.grant_key AND d.kind = 'lessons'
			WHERE g.grant_key = ?""";

	private static final String LOCK = "SELECT generation, tokens FROM mcp_oauth_grant WHERE grant_key = ? FOR UPDATE";

	private static final String INSERT = """
			INSERT INTO mcp_oauth_grant (content, generation, tokens, revision, written_at, grant_key)
			VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP, ?)""";

	private static final String UPDATE = """
			UPDATE mcp_oauth_grant
			SET content = ?, generation = ?, tokens = ?, revision = ?, written_at = CURRENT_TIMESTAMP
			WHERE grant_key = ?""";

	private static final String UPDATE_IF_SAME = UPDATE + " AND generation = ? AND tokens = ?";

	private static final String UPDATE_DAMAGED = UPDATE + " AND revision = ?";

	private static final String EXISTS = "SELECT COUNT(*) FROM mcp_oauth_grant WHERE grant_key = ?";

	private static final String DELETE = "DELETE FROM mcp_oauth_grant WHERE grant_key = ?";

	private static final String SELECT_DOCUMENT = "SELECT content FROM mcp_oauth_document WHERE grant_key = ? AND kind = ?";

	private static final String INSERT_DOCUMENT = "INSERT INTO mcp_oauth_document (content, grant_key, kind) VALUES (?, ?, ?)";

	private static final String UPDATE_DOCUMENT = "UPDATE mcp_oauth_document SET content = ? WHERE grant_key = ? AND kind = ?";

	private static final String DELETE_DOCUMENT = "DELETE FROM mcp_oauth_document WHERE grant_key = ? AND kind = ?";

	private static final String DELETE_DOCUMENTS = "DELETE FROM mcp_oauth_document WHERE grant_key = ?";

	private static final String SPENDING = "spending";

	private static final String LOGINS = "logins";

	private final Database database;

	private final WorkThreads threads;

	private final RemoteStoreSettings settings;

	private final JdbcPush push;

	private final JdbcLeaseTable leases;

	JdbcRecords(DataSource dataSource, @Nullable DataSource listener, RemoteStoreSettings settings,
			WorkThreads threads) {
		this.database = new Database(dataSource, settings.writeTimeout());
		this.threads = threads;
		this.settings = settings;
		this.push = new JdbcPush(this.database, listener, threads);
		this.leases = new JdbcLeaseTable(this.database, this.push, threads);
	}

	@Override
	public Mono<RemoteRecord> read(GrantKey key) {
		return run((jdbc) -> {
			this.push.listen();
			String name = KeyCodec.of(key);
			// The key is compared again: a collation could fold it, and a record of
			// another principal must never be taken for this one
			List<RemoteRecord> found = jdbc.query(SELECT,
					(row, number) -> name.equals(row.getString(1))
							? new RemoteRecord(row.getString(2), new Revision(row.getString(3)), row.getString(4))
							: new RemoteRecord(null, Revision.NONE, null),
					name);
			return found.isEmpty() ? new RemoteRecord(null, Revision.NONE, document(jdbc, name, kind(Document.LESSONS)))
					: found.get(0);
		});
	}

	@Override
	public Mono<Map<GrantKey, Revision>> revisions(Collection<GrantKey> keys) {
		return run((jdbc) -> {
			this.push.listen();
			Map<String, Revision> found = new HashMap<>();
			List<String> names = keys.stream().map(KeyCodec::of).toList();
			for (int from = 0; from < names.size(); from += KEYS_PER_QUERY) {
				List<String> some = names.subList(from, Math.min(names.size(), from + KEYS_PER_QUERY));
				String query = "SELECT grant_key, revision FROM mcp_oauth_grant WHERE grant_key IN (%s)"
					.formatted(String.join(", ", Collections.nCopies(some.size(), "?")));
				RowCallbackHandler row = (result) -> found.put(result.getString(1), new Revision(result.getString(2)));
				jdbc.query(query, row, some.toArray());
			}
			Map<GrantKey, Revision> revisions = new HashMap<>();
			keys.forEach((key) -> revisions.put(key, found.getOrDefault(KeyCodec.of(key), Revision.NONE)));
			return revisions;
		});
	}

	@Override
	public Mono<Boolean> write(GrantKey key, RecordWrite write) {
		return run((jdbc) -> {
			String name = KeyCodec.of(key);
			if (!writeGrant(jdbc, name, write)) {
				return false;
			}
			writeName(jdbc, key);
			String metadata = write.metadata();
			if (metadata != null) {
				writeDocument(jdbc, name, kind(Document.METADATA), metadata);
			}
			this.push.tell(jdbc, RemoteEvents.changed(key, write.revision()));
			return true;
		});
	}

	/**
	 * Store the key where the name of its records does not tell, so that they are listed.
	 */
	private static void writeName(JdbcOperations jdbc, GrantKey key) {
		String name = KeyCodec.of(key);
		String complete = KeyCodec.complete(key);
		if (!complete.equals(name)) {
			writeDocument(jdbc, name, kind(Document.NAME), complete);
		}
	}

	private static boolean writeGrant(JdbcOperations jdbc, String name, RecordWrite write) {
		String content = write.content();
		long generation = write.fence().generation();
		String tokens = write.fence().tokens();
		String revision = write.revision().value();
		RecordWrite.Expected expected = write.expected();
		if (expected instanceof Same same) {
			return jdbc.update(UPDATE_IF_SAME, content, generation, tokens, revision, name, same.fence().generation(),
					same.fence().tokens()) == 1;
		}
		if (expected instanceof Damaged damaged) {
			String before = damaged.revision().value();
			if (jdbc.update(UPDATE_DAMAGED, content, generation, tokens, revision, name, before) == 0) {
				return false;
			}
			writeDocument(jdbc, name, "corrupt-" + before, damaged.content());
			return true;
		}
		// Not only the failure of INSERT: PostgreSQL logs each of them as an error
		Integer present = (expected instanceof Absent) ? jdbc.queryForObject(EXISTS, Integer.class, name) : null;
		return present != null && present == 0 && jdbc.update(INSERT, content, generation, tokens, revision, name) == 1;
	}

	@Override
	public Mono<Void> remove(GrantKey key, boolean all) {
		return run((jdbc) -> {
			String name = KeyCodec.of(key);
			if (all) {
				jdbc.update(DELETE_DOCUMENTS, name);
			}
			else {
				jdbc.update(DELETE_DOCUMENT, name, SPENDING);
				jdbc.update(DELETE_DOCUMENT, name, kind(Document.LESSONS));
				// Copies of damaged records can hold tokens
				jdbc.update(DELETE_DOCUMENTS + " AND kind LIKE 'corrupt-%'", name);
			}
			if (jdbc.update(DELETE, name) > 0) {
				this.push.tell(jdbc, RemoteEvents.changed(key, Revision.NONE));
			}
			return null;
		});
	}

	@Override
	public Mono<String> read(GrantKey key, Document document) {
		return run((jdbc) -> document(jdbc, KeyCodec.of(key), kind(document)));
	}

	@Override
	public Mono<Void> write(GrantKey key, Document document, @Nullable String content) {
		return run((jdbc) -> {
			if (content != null) {
				writeDocument(jdbc, KeyCodec.of(key), kind(document), content);
			}
			else {
				jdbc.update(DELETE_DOCUMENT, KeyCodec.of(key), kind(document));
			}
			return null;
		});
	}

	@Override
	public Mono<String> writeIfAbsent(GrantKey key, Document document, String content) {
		return run((jdbc) -> {
			String name = KeyCodec.of(key);
			String present = document(jdbc, name, kind(document));
			if (present != null) {
				return present;
			}
			// If another process was faster, the key is a duplicate and all of this
			// begins again
			jdbc.update(INSERT_DOCUMENT, content, name, kind(document));
			return content;
		});
	}

	@Override
	public Mono<SpendingResult> note(GrantKey key, Fence read, SpendingNote note, Duration young,
			@Nullable String lease) {
		return run((jdbc) -> {
			String name = KeyCodec.of(key);
			// A node that was paused since it got the lock must not send a token that
			// another node has spent meanwhile
			if (lease != null && !JdbcLeaseTable.renew(jdbc, name, lease, this.settings.lease())) {
				throw new LeaseLostException(key.server(), this.settings.lease());
			}
			// Locks the row: otherwise a save could come between this look and the note
			List<Fence> stored = jdbc.query(LOCK, (row, number) -> new Fence(row.getLong(1), row.getString(2)), name);
			if (!stored.equals(List.of(read))) {
				throw new GrantConflictException(key.server());
			}
			Instant now = now(jdbc);
			String text = document(jdbc, name, SPENDING);
			SpendingDocument present = (text != null) ? SpendingDocument.parse(text) : null;
			SpendingResult pending = (present != null) ? present.pending(note, now, young) : null;
			if (pending != null) {
				return pending;
			}
			writeDocument(jdbc, name, SPENDING, SpendingDocument.of(note, now).render());
			return new SpendingResult.Noted(present != null && present.isFor(note));
		});
	}

	@Override
	public Mono<Void> withdraw(GrantKey key, String owner) {
		return run((jdbc) -> {
			String name = KeyCodec.of(key);
			List<String> found = jdbc.queryForList(SELECT_DOCUMENT + " FOR UPDATE", String.class, name, SPENDING);
			if (!found.isEmpty() && SpendingDocument.parse(found.get(0)).isOf(owner)) {
				jdbc.update(DELETE_DOCUMENT, name, SPENDING);
			}
			return null;
		});
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return run((jdbc) -> new JdbcListing(this.database.dialect()).list(jdbc, query));
	}

	@Override
	public Mono<String> logins(@Nullable GrantKey key) {
		return run((jdbc) -> document(jdbc, loginsOf(key), LOGINS));
	}

	@Override
	public Mono<Boolean> replaceLogins(@Nullable GrantKey key, @Nullable String expected, @Nullable String next,
			@Nullable Duration lifetime) {
		return run((jdbc) -> {
			String name = loginsOf(key);
			// Locks the row: otherwise another process could replace the text after the
			// look. If it inserts one, the key is a duplicate and all of this begins
			// again
			List<String> found = jdbc.queryForList(SELECT_DOCUMENT + " FOR UPDATE", String.class, name, LOGINS);
			String present = found.isEmpty() ? null : found.get(0);
			if (!Objects.equals(present, expected)) {
				return false;
			}
			if (next == null) {
				jdbc.update(DELETE_DOCUMENT, name, LOGINS);
			}
			else {
				jdbc.update((present != null) ? UPDATE_DOCUMENT : INSERT_DOCUMENT, next, name, LOGINS);
			}
			if (key != null && next != null) {
				writeName(jdbc, key);
			}
			return true;
		});
	}

	/**
	 * The name of the key of all logins is not that of any grant.
	 */
	private static String loginsOf(@Nullable GrantKey key) {
		return (key != null) ? KeyCodec.of(key) : "~key";
	}

	@Override
	public boolean removesExpiredLogins() {
		return false;
	}

	@Override
	public LeaseTable leases() {
		return this.leases;
	}

	@Override
	public void listen(RemoteEvents events) {
		this.push.events(events);
	}

	@Override
	public Reason reason(Throwable failure) {
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
		String state = (cause instanceof SQLException sql && sql.getSQLState() != null)
				? "SQL state " + sql.getSQLState() : "no connection";
		if (failure instanceof UnsupportedDatabaseException) {
			return new Reason("the database", String.valueOf(failure.getMessage()),
					"Supported are PostgreSQL, MariaDB, MySQL and H2; or set 'mcp.oauth.store.type' to 'redis' or 'file'",
					true);
		}
		String advice = (failure instanceof BadSqlGrammarException)
				? "Are its tables there? Run schema-<platform>.sql or set 'mcp.oauth.store.jdbc.initialize-schema=always'"
				: "Tokens in memory stay usable; check whether the database can be reached";
		return new Reason("the database", state, advice, !(failure instanceof DataIntegrityViolationException));
	}

	@Override
	public String location(GrantKey key) {
		return "mcp_oauth_grant[%s]".formatted(KeyCodec.of(key));
	}

	@Override
	public void close() {
		this.push.close();
	}

	private <T> Mono<T> run(Function<JdbcOperations, ? extends @Nullable T> work) {
		return this.database.run(this.threads.blocking(), work);
	}

	private Instant now(JdbcOperations jdbc) {
		BigDecimal seconds = jdbc.queryForObject(this.database.dialect().selectEpoch(), BigDecimal.class);
		return Instant.EPOCH.plusMillis((seconds != null) ? seconds.movePointRight(3).longValue() : 0);
	}

	private static @Nullable String document(JdbcOperations jdbc, String name, String kind) {
		List<String> found = jdbc.queryForList(SELECT_DOCUMENT, String.class, name, kind);
		return found.isEmpty() ? null : found.get(0);
	}

	private static void writeDocument(JdbcOperations jdbc, String name, String kind, String content) {
		if (jdbc.update(UPDATE_DOCUMENT, content, name, kind) == 0) {
			jdbc.update(INSERT_DOCUMENT, content, name, kind);
		}
	}

	private static String kind(Document document) {
		return document.name().toLowerCase(Locale.ROOT);
	}

}
