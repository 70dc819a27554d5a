// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.DisplayName;

/**
 * {@link JdbcTokenStore} on H2 with the highest isolation level and a pool without
 * auto-commit.
 */
@DisplayName("X5, X19: H2, auto-commit=false, SERIALIZABLE")
class H2SerializableTokenStoreTests extends H2TokenStoreTests {

	@Override
	HikariDataSource createPool() {
		HikariDataSource pool = super.createPool();
		pool.setAutoCommit(false);
		pool.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
		return pool;
	}

}
