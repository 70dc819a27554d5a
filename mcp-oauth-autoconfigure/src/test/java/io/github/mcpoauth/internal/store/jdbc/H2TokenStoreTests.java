// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.util.UUID;

import com.zaxxer.hikari.HikariDataSource;

/**
 * {@link JdbcTokenStore} on H2, which pushes no changes.
 */
class H2TokenStoreTests extends JdbcStoreContractTests {

	@Override
	HikariDataSource createPool() {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl("jdbc:h2:mem:%s".formatted(UUID.randomUUID()));
		pool.setUsername("sa");
		pool.setMinimumIdle(1);
		return pool;
	}

	@Override
	String platform() {
		return "h2";
	}

}
