// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.benchmarks.Starter.Tokens;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.openjdk.jmh.infra.Blackhole;
import reactor.core.publisher.Flux;
import reactor.util.context.Context;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcUtils;

/**
 * Requests of principals whose grants are stored and not in memory. In each round other
 * principals make their first request, and their records are read beside it as any
 * program would.
 */
final class Misses implements Part {

	static final String NAME = "misses";

	private static final String SERVER = "s0";

	private static final URI HOST = URI.create("https://mcp.example.com");

	private static final Tokens TOKENS = new Tokens("token", "refresh", HOST.resolve("/token"));

	private static final Map<String, URI> SERVERS = Map.of(SERVER, HOST.resolve("/s0/mcp"));

	private static final int WARM_UPS = 2;

	private static final int ROUNDS = 8;

	private static final List<Integer> NUMBERS = List.of(10_000, 100_000, 1_000_000);

	private final Blackhole blackhole = new Blackhole(
			"Today's password is swordfish. I understand instantiating Blackholes directly is dangerous.");

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "store", "first request of a principal, us", "its record read alone, us",
				"difference, us", "index scans", "sequential scans");
		try (Starter starter = Starter.withFiles(SERVERS, Users.PROPERTIES)) {
			starter.login(SERVER, TOKENS, Starter.FOREVER);
			starter.loginAll(SERVER, Users.NAMES);
			Figures figures = measure(starter, (user) -> read(Path.of(starter.store().location(key(user)))));
			row(results, "files", figures, "", "");
		}
		try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
				Starter starter = Starter.withJdbc(SERVERS, postgres.getJdbcUrl("postgres", "postgres"),
						Users.PROPERTIES)) {
			postgres(results, postgres, starter);
		}
		return results;
	}

	private void postgres(Results results, EmbeddedPostgres postgres, Starter starter) throws SQLException {
		Flux.fromIterable(Users.NAMES)
			.flatMap((user) -> starter.save(key(user), TOKENS, Starter.FOREVER), 8)
			.blockLast(Patience.LONG.multipliedBy(5));
		JdbcTemplate jdbc = new JdbcTemplate(postgres.getPostgresDatabase());
		jdbc.execute("ANALYZE mcp_oauth_grant");
		JdbcTemplate bare = starter.jdbc();
		Map<String, Object> before = scans(jdbc, bare);
		Figures figures = measure(starter, (user) -> bare
			.queryForMap("SELECT content, revision FROM mcp_oauth_grant WHERE grant_key = ?", KeyCodec.of(key(user))));
		Map<String, Object> after = scans(jdbc, bare);
		// One of them is the read alone
		row(results, "PostgreSQL", figures, "%.2f".formatted(perUser(before, after, "indexed") - 1),
				"%.2f".formatted(perUser(before, after, "sequential")));
		for (int stored : NUMBERS) {
			growth(results, postgres, stored);
		}
	}

	/**
	 * The first and the second request of some users, among so many whose grants are
	 * stored. The others are copies.
	 */
	private void growth(Results results, EmbeddedPostgres postgres, int stored) {
		new JdbcTemplate(postgres.getPostgresDatabase()).update("""
				INSERT INTO mcp_oauth_grant (grant_key, content, generation, tokens, revision, written_at)
				SELECT grant_key || '~copy' || number, content, generation, tokens, revision, written_at
				FROM mcp_oauth_grant, generate_series(1, ?) number WHERE grant_key NOT LIKE '%~copy%'
				ON CONFLICT DO NOTHING""", stored / Users.NAMES.size() - 1);
		try (Starter starter = Starter.withJdbc(SERVERS, postgres.getJdbcUrl("postgres", "postgres"),
				Users.PROPERTIES)) {
			FilterCall call = new FilterCall(starter.filter(), HOST.resolve("/s0/mcp"));
			for (String what : List.of("request", "in memory")) {
				results.keep("PostgreSQL, %d stored, %s, us".formatted(stored, what),
						new Samples(micros(Users.NAMES, (user) -> call.in(() -> Context.of("user", user))
							.checked(this.blackhole, "Bearer " + TOKENS.access()))));
			}
		}
	}

	/**
	 * The scans of the connections of the pool. One that is idle tells of them after ten
	 * seconds, unless it is asked to.
	 */
	private static Map<String, Object> scans(JdbcTemplate jdbc, JdbcTemplate pooled) throws SQLException {
		HikariDataSource pool = (HikariDataSource) Objects.requireNonNull(pooled.getDataSource());
		List<Connection> connections = new ArrayList<>();
		try {
			for (int i = pool.getHikariPoolMXBean().getTotalConnections(); i > 0; i--) {
				Connection connection = pool.getConnection();
				connections.add(connection);
				new JdbcTemplate(new SingleConnectionDataSource(connection, true))
					.execute("SELECT pg_stat_force_next_flush()");
			}
		}
		finally {
			connections.forEach(JdbcUtils::closeConnection);
		}
		return jdbc.queryForMap(
				"SELECT idx_scan AS indexed, seq_scan AS sequential FROM pg_stat_user_tables WHERE relname = 'mcp_oauth_grant'");
	}

	private static double perUser(Map<String, Object> before, Map<String, Object> after, String count) {
		long scans = ((Number) Objects.requireNonNull(after.get(count))).longValue()
				- ((Number) Objects.requireNonNull(before.get(count))).longValue();
		return (double) scans / Users.NAMES.size();
	}

	private Figures measure(Starter starter, Consumer<String> alone) {
		FilterCall call = new FilterCall(starter.filter(), HOST.resolve("/s0/mcp"));
		List<Double> requests = new ArrayList<>();
		List<Double> reads = new ArrayList<>();
		int share = Users.NAMES.size() / (WARM_UPS + ROUNDS);
		for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
			List<String> users = Users.NAMES.subList(round * share, (round + 1) * share);
			double read = micros(users, alone);
			double request = micros(users, (user) -> call.in(() -> Context.of("user", user))
				.checked(this.blackhole, "Bearer " + TOKENS.access()));
			if (round >= WARM_UPS) {
				reads.add(read);
				requests.add(request);
			}
		}
		return new Figures(Samples.of(requests), Samples.of(reads));
	}

	/**
	 * The median of the users of a round.
	 */
	private static double micros(List<String> users, Consumer<String> work) {
		List<Double> micros = new ArrayList<>();
		for (String user : users) {
			long began = System.nanoTime();
			work.accept(user);
			micros.add((System.nanoTime() - began) / 1e3);
		}
		return Samples.of(micros).median();
	}

	private static void row(Results results, String store, Figures figures, String indexed, String sequential) {
		results.row(store, results.keep(store + ", request, us", figures.requests()).text(0),
				results.keep(store + ", read, us", figures.reads()).text(0),
				figures.requests().minus(figures.reads()).text(0), indexed, sequential);
	}

	private static void read(Path file) {
		try {
			Files.readAllBytes(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static GrantKey key(String user) {
		return GrantKey.of(SERVER, user);
	}

	/**
	 * Figures of a store.
	 *
	 * @param requests the first requests of principals
	 * @param reads a read of their records alone
	 */
	private record Figures(Samples requests, Samples reads) {

	}

}
