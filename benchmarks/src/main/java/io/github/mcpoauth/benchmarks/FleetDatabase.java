// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Stream;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.internal.store.jdbc.JdbcTokenStore;
import io.github.mcpoauth.internal.store.redis.RedisTokenStore;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import redis.embedded.RedisServer;

import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * A database that a fleet shares, with room for all its connections.
 */
interface FleetDatabase extends AutoCloseable {

	/**
	 * How nodes reach it.
	 * @return the address, for {@link Kind#nodes}
	 */
	String address();

	/**
	 * Stop it as an operator does, and start it again.
	 * @throws IOException if that fails
	 */
	void restart() throws IOException;

	/**
	 * Ask how much it has to do.
	 * @return the usage now, without that of this question
	 */
	Usage usage();

	@Override
	void close() throws IOException;

	/**
	 * The work of a database.
	 *
	 * @param statements how many statements it has got since it started
	 * @param connections how many connections there are
	 * @param active how many of them have a statement under way
	 * @param locks how many locks are held or waited for
	 * @param waiting how many locks are waited for
	 */
	record Usage(long statements, int connections, int active, int locks, int waiting) {

		Usage most(Usage other) {
			return new Usage(Math.max(this.statements, other.statements), Math.max(this.connections, other.connections),
					Math.max(this.active, other.active), Math.max(this.locks, other.locks),
					Math.max(this.waiting, other.waiting));
		}

	}

	/**
	 * Opens the stores of nodes in one process.
	 */
	interface Nodes extends AutoCloseable {

		TokenStore open(WorkThreads threads);

		@Override
		void close();

	}

	/**
	 * A kind of database, and how nodes hear of changes.
	 */
	enum Kind {

		/**
		 * A connection of each node listens.
		 */
		LISTENING("PostgreSQL, listening"),

		/**
		 * Each node looks once a minute.
		 */
		POLLING("PostgreSQL, a look each minute"),

		/**
		 * Publish and subscribe.
		 */
		REDIS("Redis");

		private final String title;

		Kind(String title) {
			this.title = title;
		}

		String title() {
			return this.title;
		}

		FleetDatabase start(Path directory, int nodes) throws IOException {
			return (this == REDIS) ? new Redis(directory) : new Postgres(directory, nodes);
		}

		Nodes nodes(String address) {
			return (this == REDIS) ? new RedisNodes(address) : new PostgresNodes(address, this == LISTENING);
		}

	}

	/**
	 * PostgreSQL.
	 */
	final class Postgres implements FleetDatabase {

		private final Path directory;

		private final int connections;

		private EmbeddedPostgres server;

		private SingleConnectionDataSource observer;

		Postgres(Path directory, int nodes) throws IOException {
			this.directory = directory;
			this.connections = 2 * nodes + 50;
			this.server = start(0);
			this.observer = new SingleConnectionDataSource(address(), true);
			new ResourceDatabasePopulator(new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-postgresql.sql"))
				.execute(this.observer);
			new JdbcTemplate(this.observer).execute("CREATE EXTENSION pg_stat_statements");
		}

		private EmbeddedPostgres start(int port) throws IOException {
			return EmbeddedPostgres.builder()
				.setPort(port)
				.setDataDirectory(this.directory.resolve("data"))
				.setCleanDataDirectory(false)
				.setServerConfig("max_connections", Integer.toString(this.connections))
				.setServerConfig("shared_preload_libraries", "pg_stat_statements")
				.setPGStartupWait(Patience.LONG)
				.start();
		}

		@Override
		public String address() {
			return this.server.getJdbcUrl("postgres", "postgres");
		}

		@Override
		public synchronized void restart() throws IOException {
			int port = this.server.getPort();
			this.observer.destroy();
			this.server.close();
			this.server = start(port);
			this.observer = new SingleConnectionDataSource(address(), true);
		}

		@Override
		public synchronized Usage usage() {
			return Objects.requireNonNull(new JdbcTemplate(this.observer).queryForObject("""
					SELECT (SELECT SUM(calls) FROM pg_stat_statements
							WHERE query NOT IN ('BEGIN', 'COMMIT', 'ROLLBACK') AND query NOT LIKE '%pg_stat_%'),
						COUNT(*), COUNT(*) FILTER (WHERE state <> 'idle'),
						(SELECT COUNT(*) FROM pg_locks WHERE pid <> pg_backend_pid()),
						(SELECT COUNT(*) FROM pg_locks WHERE NOT granted)
					FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()""", (row,
					number) -> new Usage(row.getLong(1), row.getInt(2), row.getInt(3), row.getInt(4), row.getInt(5))));
		}

		@Override
		public void close() throws IOException {
			this.observer.destroy();
			this.server.close();
		}

	}

	/**
	 * Redis, which writes everything to disk.
	 */
	final class Redis implements FleetDatabase {

		private final Path directory;

		private final int port;

		private final LettuceConnectionFactory connections;

		private RedisServer server;

		Redis(Path directory) throws IOException {
			this.directory = directory;
			this.port = Ports.free();
			this.server = start();
			this.connections = new LettuceConnectionFactory("127.0.0.1", this.port);
			this.connections.start();
		}

		private RedisServer start() throws IOException {
			RedisServer started = RedisServer.newRedisServer()
				.port(this.port)
				.bind("127.0.0.1")
				.setting("dir " + this.directory)
				.setting("appendonly yes")
				.setting("appendfsync always")
				.setting("save \"\"")
				.build();
			started.start();
			return started;
		}

		@Override
		public String address() {
			return Integer.toString(this.port);
		}

		@Override
		public synchronized void restart() throws IOException {
			this.server.stop();
			this.server = start();
		}

		@Override
		public synchronized Usage usage() {
			try (RedisConnection connection = this.connections.getConnection()) {
				Properties commands = Objects.requireNonNull(connection.serverCommands().info("commandstats"));
				long scripts = Stream.of("eval", "evalsha").mapToLong((command) -> calls(commands, command)).sum();
				Properties clients = Objects.requireNonNull(connection.serverCommands().info("clients"));
				return new Usage(scripts, Integer.parseInt(clients.getProperty("connected_clients")) - 1, 0, 0, 0);
			}
		}

		private static long calls(Properties commands, String command) {
			String stats = commands.getProperty("cmdstat_" + command, "calls=0,");
			return Long.parseLong(stats.substring("calls=".length(), stats.indexOf(',')));
		}

		@Override
		public void close() throws IOException {
			this.connections.destroy();
			this.server.stop();
		}

	}

	/**
	 * Nodes with a pool of one connection each.
	 */
	final class PostgresNodes implements Nodes {

		private final String url;

		private final boolean listening;

		private final ScheduledExecutorService housekeeping = Executors.newScheduledThreadPool(1);

		PostgresNodes(String url, boolean listening) {
			this.url = url;
			this.listening = listening;
		}

		@Override
		public TokenStore open(WorkThreads threads) {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl(this.url);
			pool.setMaximumPoolSize(1);
			pool.setScheduledExecutor(this.housekeeping);
			pool.setInitializationFailTimeout(-1);
			Duration poll = this.listening ? Duration.ofSeconds(1) : Duration.ofMinutes(1);
			return new JdbcTokenStore(pool, this.listening ? new DriverManagerDataSource(this.url) : null,
					RemoteStoreSettings.of(Duration.ofSeconds(5), poll), threads);
		}

		@Override
		public void close() {
			this.housekeeping.shutdownNow();
		}

	}

	/**
	 * Nodes with a Redis client each, on threads that they share.
	 */
	final class RedisNodes implements Nodes {

		private final int port;

		private final ClientResources resources = DefaultClientResources.create();

		RedisNodes(String address) {
			this.port = Integer.parseInt(address);
		}

		@Override
		public TokenStore open(WorkThreads threads) {
			LettuceConnectionFactory connections = new LettuceConnectionFactory(
					new RedisStandaloneConfiguration("127.0.0.1", this.port),
					LettuceClientConfiguration.builder().clientResources(this.resources).build());
			connections.start();
			return new RedisTokenStore(connections, RedisTokenStore.DEFAULT_KEY_PREFIX, RemoteStoreSettings.defaults(),
					threads);
		}

		@Override
		public void close() {
			this.resources.shutdown().awaitUninterruptibly();
		}

	}

}
