// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.mcpoauth.internal.store.remote.RecordWatch;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * A connection of its own that does nothing but {@code LISTEN}, on a thread of its own,
 * and is opened again when it is lost.
 */
final class PostgresListener implements Runnable, AutoCloseable {

	private static final Log logger = LogFactory.getLog(PostgresListener.class);

	/**
	 * How long a connection that died without a word goes unnoticed.
	 */
	private static final Duration SILENCE = Duration.ofSeconds(10);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

	private final DataSource dataSource;

	private final String channel;

	private final RecordWatch watch;

	private final Consumer<String> receiver;

	private final CountDownLatch closed = new CountDownLatch(1);

	private volatile @Nullable Connection connection;

	PostgresListener(DataSource dataSource, String channel, RecordWatch watch, Consumer<String> receiver) {
		this.dataSource = dataSource;
		this.channel = channel;
		this.watch = watch;
		this.receiver = receiver;
	}

	void start() {
		Thread thread = new Thread(this, "mcp-oauth-listen");
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void run() {
		Duration pause = FIRST_PAUSE;
		while (!isClosed()) {
			boolean connected = false;
			try (Connection opened = this.dataSource.getConnection()) {
				this.connection = opened;
				listen(opened);
				connected = true;
				pause = FIRST_PAUSE;
				this.watch.connected();
				while (!isClosed()) {
					receive(opened);
				}
			}
			catch (SQLException | RuntimeException ex) {
				if (!isClosed()) {
					logger.debug("Changes of stored grants are not pushed at present", ex);
				}
			}
			this.connection = null;
			if (connected) {
				this.watch.disconnected();
			}
			if (awaitClose(pause)) {
				return;
			}
			pause = pause.multipliedBy(2);
			pause = (pause.compareTo(LONGEST_PAUSE) < 0) ? pause : LONGEST_PAUSE;
		}
	}

	@Override
	public void close() {
		this.closed.countDown();
		Connection opened = this.connection;
		if (opened != null) {
			try {
				// The thread waits inside of it: to close it politely would wait too
				opened.abort(Runnable::run);
			}
			catch (SQLException ex) {
				logger.debug("The listening connection could not be aborted", ex);
			}
		}
	}

	private void listen(Connection opened) throws SQLException {
		opened.setAutoCommit(true);
		try (Statement statement = opened.createStatement()) {
			statement.execute("LISTEN " + this.channel);
		}
	}

	private void receive(Connection opened) throws SQLException {
		PGNotification[] notifications = opened.unwrap(PGConnection.class)
			.getNotifications(Math.toIntExact(SILENCE.toMillis()));
		if (notifications == null || notifications.length == 0) {
			if (!opened.isValid(Math.toIntExact(SILENCE.toSeconds()))) {
				throw new SQLException("The connection is dead");
			}
			return;
		}
		for (PGNotification notification : notifications) {
			this.receiver.accept(notification.getParameter());
		}
	}

	private boolean isClosed() {
		return this.closed.getCount() == 0;
	}

	private boolean awaitClose(Duration time) {
		try {
			return this.closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return true;
		}
	}

}
