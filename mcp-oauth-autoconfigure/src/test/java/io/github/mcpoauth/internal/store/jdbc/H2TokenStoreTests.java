// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.util.UUID;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * The contract of a token store, kept by {@link JdbcTokenStore} on a database that pushes
 * nothing.
 */
class H2TokenStoreTests extends TokenStoreContractTests {

	private final JdbcConnectionPool dataSource = JdbcConnectionPool
		.create("jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(UUID.randomUUID()), "sa", "");

	@Override
	protected TokenStore createStore() {
		new ResourceDatabasePopulator(new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-h2.sql"))
			.execute(this.dataSource);
		return new JdbcTokenStore(this.dataSource, this.dataSource, RemoteStoreSettings.defaults());
	}

	@Override
	protected void damage(GrantKey key) {
		new JdbcTemplate(this.dataSource).update("UPDATE mcp_oauth_grant SET content = '{\"access' WHERE grant_key = ?",
				key.server());
	}

	@AfterEach
	void shutDown() {
		new JdbcTemplate(this.dataSource).execute("SHUTDOWN");
		this.dataSource.dispose();
	}

}
