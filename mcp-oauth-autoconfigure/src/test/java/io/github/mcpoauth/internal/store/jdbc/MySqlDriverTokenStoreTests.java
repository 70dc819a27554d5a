// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.testing.MariaDbServer;
import org.junit.jupiter.api.DisplayName;

/**
 * The same with the driver of MySQL, which calls the server MySQL.
 */
@DisplayName("X19: the driver of MySQL")
class MySqlDriverTokenStoreTests extends MariaDbTokenStoreTests {

	@Override
	HikariDataSource createPool() {
		return MariaDbServer.shared().mySqlPool(MariaDbServer.shared().createDatabase());
	}

}
