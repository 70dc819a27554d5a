// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.PostgresServer;

/**
 * {@link JdbcTokenStore} on PostgreSQL, which pushes changes.
 */
class PostgresTokenStoreTests extends JdbcStoreContractTests {

	private String database = "";

	@Override
	HikariDataSource createPool() {
		this.database = PostgresServer.shared().createDatabase();
		return PostgresServer.shared().pool(this.database);
	}

	@Override
	String platform() {
		return "postgresql";
	}

	@Override
	TokenStore createStore(HikariDataSource dataSource, WorkThreads workThreads) {
		return new JdbcTokenStore(dataSource, PostgresServer.shared().dataSource(this.database),
				RemoteStoreSettings.defaults(), workThreads);
	}

}
