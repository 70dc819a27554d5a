// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.testing.PostgresServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Lists many records in PostgreSQL, in a database whose collation orders keys otherwise.
 */
class PostgresListingTests {

	private static final int USERS = Integer.getInteger("listing.users", 2000);

	private static final int SERVERS = 10;

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final WorkThreads threads = WorkThreads.platform();

	private HikariDataSource pool;

	private JdbcTemplate jdbc;

	private JdbcTokenStore store;

	@BeforeEach
	void fill() {
		PostgresServer server = PostgresServer.shared();
		this.pool = server.pool(server.createDatabase());
		this.jdbc = new JdbcTemplate(this.pool);
		new ResourceDatabasePopulator(new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-postgresql.sql"))
			.execute(this.pool);
		this.jdbc.update("""
				INSERT INTO mcp_oauth_grant (grant_key, content, generation, tokens, revision, written_at)
				SELECT 'server-' || s || '~-user-' || u, '{}', 1, 't', 'r', CURRENT_TIMESTAMP
				FROM generate_series(1, ?) u, generate_series(1, ?) s""", USERS, SERVERS);
		this.jdbc
			.update("""
					INSERT INTO mcp_oauth_document (grant_key, kind, content)
					SELECT grant_key, kind, '{}' FROM mcp_oauth_grant, (VALUES ('client'), ('metadata')) AS kinds (kind)""");
		this.jdbc.execute("ANALYZE");
		this.store = new JdbcTokenStore(this.pool, null, RemoteStoreSettings.defaults(), this.threads);
	}

	@AfterEach
	void close() {
		this.store.close();
		this.threads.close();
		this.pool.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { JdbcListing.GRANTS, JdbcListing.DOCUMENTS })
	void listWhenRecordsAreManyReadsAnIndex(String table) {
		String sql = "EXPLAIN " + new JdbcListing(Dialect.POSTGRESQL).selectKeys(table);
		for (String first : List.of("", KeyCodec.first("server-7"), KeyCodec.of(GrantKey.of("server-7", "user-9")))) {
			String plan = String.join("\n", this.jdbc.queryForList(sql, String.class, first, "\u007f", 101));
			assertThat(plan).contains("Index Only Scan using " + table + "_listing").doesNotContain("Sort", "Seq Scan");
		}
	}

	@Test
	void listWhenRecordsAreManyAnswersAllPrincipalsOfAServer() {
		List<GrantQuery.Entry> entries = all(GrantQuery.all(500).ofServer("server-7"));
		assertThat(entries).hasSize(USERS).allMatch(GrantQuery.Entry::hasGrant).doesNotHaveDuplicates();
	}

	@Test
	void listWhenRecordsAreManyFindsTheServersOfAPrincipal() {
		long started = System.nanoTime();
		List<GrantQuery.Entry> entries = all(GrantQuery.all(100).ofPrincipal("user-77"));
		assertThat(entries).hasSize(SERVERS);
		assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(10));
	}

	private List<GrantQuery.Entry> all(GrantQuery first) {
		List<GrantQuery.Entry> all = new ArrayList<>();
		GrantQuery query = first;
		while (true) {
			GrantQuery.Page page = Objects.requireNonNull(this.store.list(query).block(PATIENCE));
			assertThat(page.entries()).hasSizeLessThanOrEqualTo(first.limit());
			all.addAll(page.entries());
			if (page.next() == null) {
				return all;
			}
			query = first.after(page.next());
		}
	}

}
