// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * The databases that are supported, and the expressions they do not share.
 */
enum Dialect {

	POSTGRESQL("EXTRACT(EPOCH FROM CURRENT_TIMESTAMP)"),

	H2("EXTRACT(EPOCH FROM CURRENT_TIMESTAMP(6))"),

	MARIADB("UNIX_TIMESTAMP(CURRENT_TIMESTAMP(6))"),

	MYSQL("UNIX_TIMESTAMP(CURRENT_TIMESTAMP(6))");

	private final String epoch;

	Dialect(String epoch) {
		this.epoch = epoch;
	}

	/**
	 * Find the dialect of a database.
	 * @param product the name that the driver gives the database
	 * @return the dialect, {@code null} if the database is not supported
	 */
	static @Nullable Dialect of(String product) {
		for (Dialect dialect : values()) {
			if (dialect.name().equals(product.toUpperCase(Locale.ROOT))) {
				return dialect;
			}
		}
		return null;
	}

	/**
	 * The query for the seconds since 1970 by the clock of the database, independent of
	 * the time zones of database and client.
	 */
	String selectEpoch() {
		return "SELECT " + this.epoch;
	}

	/**
	 * A column of ASCII text that is compared byte by byte. The schema scripts give the
	 * column that collation, but on PostgreSQL, where an index has it.
	 * @param column the column
	 * @return the expression
	 */
	String binary(String column) {
		return (this == POSTGRESQL) ? column + " COLLATE \"C\"" : column;
	}

}
