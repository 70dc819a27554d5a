// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.mcpoauth.internal.store.remote.RemoteEvents;
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
	 * The shortest pause between two messages of this process to itself while it hears
	 * nothing else. The longest is twice that. Each message reaches all processes and
	 * proves to all of them that they hear, so the pauses differ: of a thousand processes
	 * one sends it.
	 */
	private static final Duration SILENCE = Duration.ofSeconds(60);

	/**
	 * How long a new connection waits for a message of another process before it sends
	 * one.
	 */
	private static final Duration MOMENT = Duration.ofMillis(100);

	/**
	 * How long a message to itself may take.
	 */
	private static final Duration ECHO = Duration.ofSeconds(5);

	private static final Duration DEAF_PAUSE = Duration.ofMinutes(1);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

	private final DataSource dataSource;

	private final String channel;

	private final RemoteEvents events;

	private final Consumer<String> sender;

	private final String id = UUID.randomUUID().toString();

	private final CountDownLatch closed = new CountDownLatch(1);

	private volatile @Nullable Connection connection;

	PostgresListener(DataSource dataSource, String channel, RemoteEvents events, Consumer<String> sender) {
		this.dataSource = dataSource;
		this.channel = channel;
		this.events = events;
		this.sender = sender;
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
				if (!receive(opened, atMost(MOMENT))) {
					hearMyself(opened);
				}
				connected = true;
				pause = FIRST_PAUSE;
				this.events.watch().connected();
				while (!isClosed()) {
					if (!receive(opened, SILENCE.plus(atMost(SILENCE)))) {
						hearMyself(opened);
					}
				}
			}
			catch (DeafConnectionException ex) {
				logger.debug(ex.getMessage());
				pause = DEAF_PAUSE;
			}
			catch (SQLException | RuntimeException ex) {
				if (!isClosed()) {
					logger.debug("Changes of stored grants are not pushed at present", ex);
				}
			}
			this.connection = null;
			if (connected) {
				this.events.watch().disconnected();
			}
			// A database that was restarted must not get all its listeners at once
			if (awaitClose(pause.plus(atMost(pause)))) {
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

	/**
	 * Send a message to this process and wait for it. A connection pool in front of the
	 * database, such as PgBouncer in transaction mode, accepts {@code LISTEN} and
	 * delivers nothing; a connection that broke without notice delivers nothing either.
	 */
	private void hearMyself(Connection opened) throws SQLException {
		this.sender.accept(RemoteEvents.echo(this.id));
		long deadline = System.nanoTime() + ECHO.toNanos();
		while (!isClosed()) {
			Duration left = Duration.ofNanos(deadline - System.nanoTime());
			if (left.toMillis() <= 0) {
				throw new DeafConnectionException();
			}
			if (receive(opened, left)) {
				return;
			}
		}
	}

	/**
	 * Receive messages.
	 * @return whether there were any
	 */
	private boolean receive(Connection opened, Duration patience) throws SQLException {
		PGNotification[] notifications = opened.unwrap(PGConnection.class)
			.getNotifications(Math.toIntExact(Math.max(1, patience.toMillis())));
		if (notifications == null) {
			return false;
		}
		for (PGNotification notification : notifications) {
			this.events.receive(notification.getParameter());
		}
		return notifications.length > 0;
	}

	private static Duration atMost(Duration longest) {
		return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest.toMillis()));
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

	/**
	 * The connection accepted {@code LISTEN} and delivers nothing.
	 */
	private static final class DeafConnectionException extends SQLException {

		private static final long serialVersionUID = 1L;

		DeafConnectionException() {
			super("The database accepted LISTEN and delivers no messages, as PgBouncer does in transaction mode. "
					+ "Stored grants are compared every second instead");
		}

	}

}
