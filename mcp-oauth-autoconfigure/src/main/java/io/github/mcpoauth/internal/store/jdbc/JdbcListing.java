// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.util.List;
import java.util.TreeMap;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.GrantPages;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * Lists the keys of principals. Every query reads a range of an index in binary order and
 * ends after one page, so that its time does not depend on the number of rows.
 *
 * @param dialect the dialect of the database
 */
record JdbcListing(Dialect dialect) {

	static final String GRANTS = "mcp_oauth_grant";

	static final String DOCUMENTS = "mcp_oauth_document";

	/**
	 * Above all keys, which are ASCII without control characters.
	 */
	private static final String END = "\u007f";

	private static final String NAME = "SELECT content FROM mcp_oauth_document WHERE grant_key = ? AND kind = 'name'";

	GrantQuery.Page list(JdbcOperations jdbc, GrantQuery query) {
		String principal = query.principal();
		String server = query.server();
		if (principal != null) {
			return (server != null) ? one(jdbc, query, KeyCodec.of(GrantKey.of(server, principal)))
					: servers(jdbc, query, principal);
		}
		return range(jdbc, query, (server != null) ? KeyCodec.first(server) : "",
				(server != null) ? KeyCodec.end(server) : END);
	}

	/**
	 * The query for the keys in a range. Arguments: place before the first, place behind
	 * the last, number of keys.
	 */
	String selectKeys(String table) {
		String key = this.dialect.binary("grant_key");
		return "SELECT DISTINCT %s AS listed_key FROM %s WHERE %s > ? AND %s < ? ORDER BY listed_key LIMIT ?"
			.formatted(key, table, key, key);
	}

	private GrantQuery.Page range(JdbcOperations jdbc, GrantQuery query, String first, String end) {
		String after = (query.after() != null && query.after().compareTo(first) > 0) ? query.after() : first;
		int most = query.limit() + 1;
		TreeMap<String, Boolean> found = new TreeMap<>();
		keys(jdbc, DOCUMENTS, after, end, most).forEach((key) -> found.put(key, false));
		keys(jdbc, GRANTS, after, end, most).forEach((key) -> found.put(key, true));
		boolean more = found.size() > query.limit();
		while (found.size() > query.limit()) {
			found.pollLastEntry();
		}
		List<GrantQuery.Entry> entries = found.entrySet()
			.stream()
			.map((entry) -> entry(jdbc, entry.getKey(), entry.getValue()))
			.filter((entry) -> entry != null && query.selects(entry.key()))
			.toList();
		return new GrantQuery.Page(entries, more ? found.lastKey() : null);
	}

	/**
	 * Go from server to server, and look whether there is a record of the principal. The
	 * keys of all other principals of a server are skipped in one step.
	 */
	private GrantQuery.Page servers(JdbcOperations jdbc, GrantQuery query, String principal) {
		TreeMap<String, GrantQuery.Entry> found = new TreeMap<>();
		String at = (query.after() != null) ? query.after() : "";
		for (int steps = 0; steps < query.limit(); steps++) {
			String next = next(jdbc, at);
			if (next == null) {
				return GrantPages.page(found, query.limit());
			}
			String server = KeyCodec.serverOf(next);
			if (server == null) {
				at = next;
				continue;
			}
			at = KeyCodec.endOf(server);
			GrantQuery.Entry entry = stored(jdbc, KeyCodec.of(server, principal));
			if (entry != null && query.selects(entry.key())) {
				found.put(at, entry);
			}
		}
		return new GrantQuery.Page(List.copyOf(found.values()), at);
	}

	private @Nullable String next(JdbcOperations jdbc, String at) {
		TreeMap<String, Boolean> first = new TreeMap<>();
		keys(jdbc, GRANTS, at, END, 1).forEach((key) -> first.put(key, true));
		keys(jdbc, DOCUMENTS, at, END, 1).forEach((key) -> first.put(key, true));
		return first.isEmpty() ? null : first.firstKey();
	}

	private GrantQuery.Page one(JdbcOperations jdbc, GrantQuery query, String key) {
		GrantQuery.Entry entry = (query.after() == null) ? stored(jdbc, key) : null;
		return new GrantQuery.Page((entry != null && query.selects(entry.key())) ? List.of(entry) : List.of(), null);
	}

	private static GrantQuery.@Nullable Entry stored(JdbcOperations jdbc, String key) {
		boolean granted = isIn(jdbc, GRANTS, key);
		return (granted || isIn(jdbc, DOCUMENTS, key)) ? entry(jdbc, key, granted) : null;
	}

	private static boolean isIn(JdbcOperations jdbc, String table, String key) {
		return !jdbc
			.queryForList("SELECT grant_key FROM %s WHERE grant_key = ? LIMIT 1".formatted(table), String.class, key)
			.isEmpty();
	}

	private List<String> keys(JdbcOperations jdbc, String table, String after, String end, int most) {
		return jdbc.queryForList(selectKeys(table), String.class, after, end, most);
	}

	/**
	 * Understand a key.
	 * @return the entry, {@code null} for a key that is not understood
	 */
	private static GrantQuery.@Nullable Entry entry(JdbcOperations jdbc, String text, boolean granted) {
		GrantKey key = KeyCodec.parse(text);
		if (key == null) {
			key = jdbc.queryForList(NAME, String.class, text).stream().findFirst().map(KeyCodec::parse).orElse(null);
		}
		return (key != null) ? new GrantQuery.Entry(key, granted) : null;
	}

}
