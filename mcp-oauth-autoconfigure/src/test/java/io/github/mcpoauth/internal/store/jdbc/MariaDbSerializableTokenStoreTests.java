// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;

/**
 * {@link JdbcTokenStore} on MariaDB with the highest isolation level and a pool without
 * auto-commit.
 */
@Tag("mariadb")
@DisplayName("X3, X5, X19: MariaDB, auto-commit=false, SERIALIZABLE")
class MariaDbSerializableTokenStoreTests extends MariaDbTokenStoreTests {

	@Override
	HikariDataSource createPool() {
		HikariDataSource pool = super.createPool();
		pool.setAutoCommit(false);
		pool.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
		return pool;
	}

	@Override
	String platform() {
		return "mysql";
	}

}
