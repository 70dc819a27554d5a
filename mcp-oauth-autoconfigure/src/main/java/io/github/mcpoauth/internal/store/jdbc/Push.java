// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseLock;
import io.github.mcpoauth.internal.store.remote.RecordWatch;
import io.github.mcpoauth.internal.store.remote.Revision;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.util.ClassUtils;

/**
 * Tells other processes what happened, in the transaction it happened in, and hears of
 * what they did. Does nothing unless the database is PostgreSQL.
 */
final class Push {

	static final String CHANNEL = "mcp_oauth";

	private static final String CHANGED = "changed";

	private static final String GIVEN_BACK = "given_back";

	private static final String NOTIFY = "SELECT pg_notify('" + CHANNEL + "', ?)";

	private static final boolean DRIVER_PRESENT = ClassUtils.isPresent("org.postgresql.PGConnection",
			Push.class.getClassLoader());

	private final JdbcOperations jdbc;

	private final @Nullable DataSource dataSource;

	private final RecordWatch watch;

	private final AtomicBoolean listening = new AtomicBoolean();

	private volatile @Nullable Boolean available;

	private volatile @Nullable PostgresListener listener;

	Push(JdbcOperations jdbc, @Nullable DataSource dataSource, RecordWatch watch) {
		this.jdbc = jdbc;
		this.dataSource = dataSource;
		this.watch = watch;
	}

	void changed(GrantKey key, Revision revision) {
		tell(CHANGED, revision.value(), key);
	}

	void givenBack(GrantKey key) {
		tell(GIVEN_BACK, "", key);
	}

	/**
	 * Begin to hear of others, unless that was done before.
	 */
	void listen(LeaseLock lock) {
		DataSource source = this.dataSource;
		if (source != null && isAvailable() && this.listening.compareAndSet(false, true)) {
			PostgresListener started = new PostgresListener(source, CHANNEL, this.watch,
					(payload) -> received(payload, lock));
			this.listener = started;
			started.start();
		}
	}

	void close() {
		this.listening.set(true);
		PostgresListener started = this.listener;
		if (started != null) {
			started.close();
		}
	}

	private void tell(String what, String revision, GrantKey key) {
		if (isAvailable()) {
			this.jdbc.query(NOTIFY, (result) -> {
			}, String.join(":", what, revision, KeyCodec.of(key)));
		}
	}

	private void received(String payload, LeaseLock lock) {
		String[] parts = payload.split(":", 3);
		if (parts.length < 3 || parts[2].isBlank()) {
			return;
		}
		GrantKey key = KeyCodec.parse(parts[2]);
		if (key == null) {
			return;
		}
		if (CHANGED.equals(parts[0])) {
			this.watch.changed(key, new Revision(parts[1]));
		}
		else if (GIVEN_BACK.equals(parts[0])) {
			lock.givenBack(key);
		}
	}

	private boolean isAvailable() {
		Boolean known = this.available;
		if (known == null) {
			known = this.dataSource != null && DRIVER_PRESENT && "PostgreSQL".equals(this.jdbc.execute(
					(ConnectionCallback<String>) (connection) -> connection.getMetaData().getDatabaseProductName()));
			this.available = known;
		}
		return known;
	}

}
