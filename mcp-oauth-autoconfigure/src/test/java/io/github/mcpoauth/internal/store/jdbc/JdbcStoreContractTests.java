// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.util.Objects;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The contract of a token store, kept by {@link JdbcTokenStore} on one pool of one
 * database.
 */
abstract class JdbcStoreContractTests extends TokenStoreContractTests {

	private final WorkThreads threads = WorkThreads.platform();

	private @Nullable HikariDataSource pool;

	/**
	 * Create a database without tables.
	 * @return a pool of its connections
	 */
	abstract HikariDataSource createPool();

	/**
	 * The platform of the schema script.
	 * @return for example {@code h2}
	 */
	abstract String platform();

	/**
	 * Create a store.
	 * @param dataSource the pool
	 * @param workThreads the threads
	 * @return a new instance
	 */
	TokenStore createStore(HikariDataSource dataSource, WorkThreads workThreads) {
		return new JdbcTokenStore(dataSource, null, RemoteStoreSettings.defaults(), workThreads);
	}

	@Override
	protected final TokenStore createStore() {
		HikariDataSource created = this.pool;
		if (created == null) {
			created = createPool();
			this.pool = created;
			ResourceDatabasePopulator schema = new ResourceDatabasePopulator(
					new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-%s.sql".formatted(platform())));
			HikariDataSource dataSource = created;
			new TransactionTemplate(new DataSourceTransactionManager(dataSource))
				.executeWithoutResult((status) -> schema.execute(dataSource));
		}
		return createStore(created, this.threads);
	}

	@Override
	protected final void damage(GrantKey key) {
		HikariDataSource dataSource = Objects.requireNonNull(this.pool);
		new TransactionTemplate(new DataSourceTransactionManager(dataSource))
			.executeWithoutResult((status) -> new JdbcTemplate(dataSource)
				.update("UPDATE mcp_oauth_grant SET content = '{\"access' WHERE grant_key = ?", key.server()));
	}

	@AfterEach
	void closePool() {
		if (this.pool != null) {
			this.pool.close();
		}
		this.threads.close();
	}

}
