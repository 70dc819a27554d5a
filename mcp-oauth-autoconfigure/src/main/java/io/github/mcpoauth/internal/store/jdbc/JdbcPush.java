// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

import io.github.mcpoauth.internal.store.remote.RemoteEvents;
import io.github.mcpoauth.internal.work.WorkThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.util.ClassUtils;

/**
 * The messages between processes over PostgreSQL: a message is sent in the transaction of
 * the change that it tells about. Does nothing with other databases.
 */
final class JdbcPush {

	private static final Log logger = LogFactory.getLog(JdbcPush.class);

	private static final String CHANNEL = "mcp_oauth";

	private static final String NOTIFY = "SELECT pg_notify('" + CHANNEL + "', ?)";

	private static final boolean DRIVER_PRESENT = ClassUtils.isPresent("org.postgresql.PGConnection",
			JdbcPush.class.getClassLoader());

	private final Database database;

	private final @Nullable DataSource dataSource;

	private final WorkThreads threads;

	private final AtomicBoolean listening = new AtomicBoolean();

	private volatile @Nullable RemoteEvents events;

	private volatile @Nullable PostgresListener listener;

	JdbcPush(Database database, @Nullable DataSource dataSource, WorkThreads threads) {
		this.database = database;
		this.dataSource = dataSource;
		this.threads = threads;
	}

	void events(RemoteEvents receiver) {
		this.events = receiver;
	}

	/**
	 * Start to listen, unless that was done before.
	 */
	void listen() {
		DataSource source = this.dataSource;
		RemoteEvents receiver = this.events;
		if (source == null || receiver == null || !isAvailable()) {
			return;
		}
		// Of several first reads only one starts the listener
		if (this.listening.compareAndSet(false, true)) {
			PostgresListener started = new PostgresListener(source, CHANNEL, receiver, this::echo);
			this.listener = started;
			started.start();
		}
	}

	/**
	 * Send a message in the transaction that is under way.
	 */
	void tell(JdbcOperations jdbc, String message) {
		if (isAvailable()) {
			jdbc.query(NOTIFY, (result) -> {
			}, message);
		}
	}

	void close() {
		this.listening.set(true);
		PostgresListener started = this.listener;
		if (started != null) {
			started.close();
		}
	}

	private void echo(String message) {
		this.database.run(this.threads.blocking(), (jdbc) -> {
			tell(jdbc, message);
			return null;
		}).subscribe(null, (ex) -> logger.debug("A message to this process could not be sent", ex));
	}

	private boolean isAvailable() {
		return this.dataSource != null && DRIVER_PRESENT && this.database.dialect() == Dialect.POSTGRESQL;
	}

}
