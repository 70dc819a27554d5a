// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Runs work in a database: in a transaction, in any auto-commit mode of the pool, on a
 * thread that may block, and with a deadline. Work that has begun runs to its end, also
 * when its subscription is cancelled: an interrupted statement would leave its outcome
 * unknown.
 * <p>
 * The victim of a deadlock, and a transaction that cannot be serialized, begin again.
 */
final class Database {

	private static final Log logger = LogFactory.getLog(Database.class);

	private static final int MOST_ATTEMPTS = 10;

	private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(40);

	/**
	 * MariaDB: "Record has changed since last read".
	 */
	private static final int CHANGED_SINCE_READ = 1020;

	private final DataSource dataSource;

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transaction;

	private final int deadline;

	private volatile @Nullable Dialect dialect;

	Database(DataSource dataSource, Duration deadline) {
		this.dataSource = dataSource;
		this.deadline = Math.toIntExact(deadline.toMillis());
		this.jdbc = new JdbcTemplate(dataSource);
		this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
		this.transaction.setTimeout(Math.toIntExact(Math.max(1, deadline.toSeconds())));
	}

	/**
	 * Run work in a transaction.
	 * @param <T> the type of result
	 * @param scheduler the threads that it may block
	 * @param work the work, which can run several times
	 * @return a mono with the result
	 */
	<T> Mono<T> run(Scheduler scheduler, Function<JdbcOperations, ? extends @Nullable T> work) {
		return Mono.defer(() -> {
			CompletableFuture<T> result = new CompletableFuture<>();
			scheduler.schedule(() -> {
				try {
					result.complete(inTransaction(work));
				}
				catch (Throwable ex) {
					// An Error, too: without it the caller would wait for its deadline
					result.completeExceptionally(ex);
				}
			});
			return Mono.fromFuture(result, true);
		});
	}

	/**
	 * The dialect of the database.
	 * @return the dialect
	 * @throws UnsupportedDatabaseException for another database
	 */
	Dialect dialect() {
		Dialect known = this.dialect;
		if (known == null) {
			String product = this.jdbc
				.execute((Connection connection) -> connection.getMetaData().getDatabaseProductName());
			known = Dialect.of(String.valueOf(product));
			if (known == null) {
				throw new UnsupportedDatabaseException(String.valueOf(product));
			}
			this.dialect = known;
		}
		return known;
	}

	private <T> @Nullable T inTransaction(Function<JdbcOperations, ? extends @Nullable T> work) {
		dialect();
		for (int attempt = 1;; attempt++) {
			try {
				return this.transaction.execute((status) -> {
					limit();
					return work.apply(this.jdbc);
				});
			}
			catch (RuntimeException ex) {
				if (attempt == MOST_ATTEMPTS || !mayWorkNextTime(ex)) {
					throw ex;
				}
				logger.trace("A transaction begins again", ex);
				LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(LONGEST_PAUSE));
			}
		}
	}

	/**
	 * Limit how long the driver waits for the network. A node that vanished answers no
	 * statement, and no request to cancel it either.
	 */
	private void limit() {
		Connection connection = DataSourceUtils.getConnection(this.dataSource);
		try {
			int before = connection.getNetworkTimeout();
			connection.setNetworkTimeout(Runnable::run, this.deadline);
			// The connection goes back to the application's pool
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void afterCompletion(int status) {
					restore(connection, before);
				}

			});
		}
		catch (SQLFeatureNotSupportedException | AbstractMethodError ex) {
			logger.trace("The driver knows no network timeout", ex);
		}
		catch (SQLException ex) {
			logger.debug("The network timeout could not be set", ex);
		}
		finally {
			DataSourceUtils.releaseConnection(connection, this.dataSource);
		}
	}

	private static void restore(Connection connection, int before) {
		try {
			connection.setNetworkTimeout(Runnable::run, before);
		}
		catch (SQLException ex) {
			logger.debug("The network timeout could not be restored", ex);
		}
	}

	private static boolean mayWorkNextTime(RuntimeException ex) {
		return ex instanceof ConcurrencyFailureException || ex instanceof DuplicateKeyException
				|| (NestedExceptionUtils.getMostSpecificCause(ex) instanceof SQLException sql
						&& sql.getErrorCode() == CHANGED_SINCE_READ);
	}

	/**
	 * The database is not a supported one.
	 */
	static final class UnsupportedDatabaseException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		UnsupportedDatabaseException(String product) {
			super("%s is not supported as a token store".formatted(product));
		}

	}

}
