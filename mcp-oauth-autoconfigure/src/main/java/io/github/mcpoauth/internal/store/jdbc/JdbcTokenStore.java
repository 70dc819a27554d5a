// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import javax.sql.DataSource;

import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.store.remote.RemoteTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import org.jspecify.annotations.Nullable;

/**
 * Keeps grants in a database, for nodes that share them: PostgreSQL, MariaDB, MySQL or
 * H2. The tables are those of {@code schema-<platform>.sql} beside this class.
 * <p>
 * PostgreSQL pushes changes with {@code LISTEN} and {@code NOTIFY} over a connection of
 * its own. With the other databases, records in use are compared now and then.
 */
public final class JdbcTokenStore extends RemoteTokenStore {

	/**
	 * Create a store.
	 * @param dataSource the database. A pool that application threads exhaust while they
	 * wait for a token keeps the store from renewing it
	 * @param listener source of the connection that listens for changes if the database
	 * is PostgreSQL. It is kept for as long as the store is in use, so this should not be
	 * a pool that others need. {@code null} to compare only
	 * @param settings times
	 * @param threads the threads of the manager
	 */
	public JdbcTokenStore(DataSource dataSource, @Nullable DataSource listener, RemoteStoreSettings settings,
			WorkThreads threads) {
		super(new JdbcRecords(dataSource, listener, settings, threads), settings, threads);
	}

}
