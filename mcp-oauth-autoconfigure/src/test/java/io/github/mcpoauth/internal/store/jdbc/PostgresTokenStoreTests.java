// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import io.github.mcpoauth.testing.PostgresServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * The contract of a token store, kept by {@link JdbcTokenStore} on PostgreSQL.
 */
class PostgresTokenStoreTests extends TokenStoreContractTests {

	private @Nullable HikariDataSource pool;

	private String database = "";

	@Override
	protected TokenStore createStore() {
		PostgresServer server = PostgresServer.shared();
		HikariDataSource pool = this.pool;
		if (pool == null) {
			this.database = server.createDatabase();
			pool = server.pool(this.database);
			this.pool = pool;
			new ResourceDatabasePopulator(new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-postgresql.sql"))
				.execute(pool);
		}
		return new JdbcTokenStore(pool, server.dataSource(this.database), RemoteStoreSettings.defaults());
	}

	@Override
	protected void damage(GrantKey key) {
		new JdbcTemplate(PostgresServer.shared().dataSource(this.database))
			.update("UPDATE mcp_oauth_grant SET content = '{\"access' WHERE grant_key = ?", key.server());
	}

	@AfterEach
	void closePool() {
		if (this.pool != null) {
			this.pool.close();
		}
	}

}
