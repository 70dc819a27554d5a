// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.sql.SQLException;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.BadSqlGrammarException;

/**
 * Makes one exception of what a database says. Its own words stay out of the message:
 * some databases quote values, and values are tokens.
 */
final class JdbcErrors {

	TokenStoreException translate(GrantKey key, String what, Throwable ex) {
		if (ex instanceof TokenStoreException translated) {
			return translated;
		}
		return new TokenStoreException(
				key.server(), "The grant of MCP server '%s' could not be %s in the database (%s). %s"
					.formatted(key.server(), what, reason(ex), advice(ex)),
				(ex instanceof DataIntegrityViolationException) ? null : ex);
	}

	private static String reason(Throwable ex) {
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(ex);
		return (cause instanceof SQLException sql && sql.getSQLState() != null)
				? "%s, SQL state %s".formatted(cause.getClass().getSimpleName(), sql.getSQLState())
				: cause.getClass().getSimpleName();
	}

	private static String advice(Throwable ex) {
		return (ex instanceof BadSqlGrammarException)
				? "Are its tables there? Run schema-<platform>.sql or set 'mcp.oauth.store.jdbc.initialize-schema=always'"
				: "What is in memory stays usable; look whether the database can be reached";
	}

}
