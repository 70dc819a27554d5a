// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.sql.init.DatabaseInitializationMode;

/**
 * The store in a database.
 *
 * @param initializeSchema When missing tables are created.
 * @param listen Whether a connection outside the pool listens for changes, on PostgreSQL.
 * Without it, changes are found each 'mcp.oauth.store.poll-interval'.
 */
@ConfigurationProperties(prefix = "mcp.oauth.store.jdbc", ignoreUnknownFields = false)
record McpOAuthJdbcProperties(@DefaultValue("embedded") DatabaseInitializationMode initializeSchema,
		@DefaultValue("true") boolean listen) {

}
