// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.testing.MariaDbServer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;

/**
 * {@link JdbcTokenStore} on MariaDB, whose default collation folds case, accents and
 * trailing blanks.
 */
@Tag("mariadb")
@DisplayName("X3, X19: MariaDB")
class MariaDbTokenStoreTests extends JdbcStoreContractTests {

	@Override
	HikariDataSource createPool() {
		return MariaDbServer.shared().pool(MariaDbServer.shared().createDatabase());
	}

	@Override
	String platform() {
		return "mysql";
	}

}
