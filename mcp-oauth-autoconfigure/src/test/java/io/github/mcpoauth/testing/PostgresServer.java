// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.util.FileSystemUtils;

/**
 * A real PostgreSQL in a process of its own, on a free port, with a data directory of its
 * own, which can be stopped and started again.
 */
public final class PostgresServer implements AutoCloseable {

	private static final AtomicInteger databases = new AtomicInteger();

	private static @Nullable PostgresServer shared;

	private final Path directory;

	private final int port;

	private @Nullable EmbeddedPostgres server;

	private PostgresServer() throws IOException {
		this.directory = Files.createTempDirectory("postgres");
		this.port = FreePorts.next();
		this.server = builder().start();
	}

	/**
	 * Start a server that nobody else uses.
	 * @return a running server
	 */
	public static PostgresServer start() {
		try {
			return new PostgresServer();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The server that the tests of this JVM share, each with a database of its own.
	 * @return a running server, which nobody stops
	 */
	public static synchronized PostgresServer shared() {
		PostgresServer server = shared;
		if (server == null) {
			server = start();
			shared = server;
			Runtime.getRuntime().addShutdownHook(new Thread(server::close));
		}
		return server;
	}

	/**
	 * Create an empty database.
	 * @return its name
	 */
	public String createDatabase() {
		String name = "test" + databases.incrementAndGet();
		try (Connection connection = dataSource("postgres").getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE DATABASE " + name);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return name;
	}

	public String url(String database) {
		return "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres".formatted(this.port, database);
	}

	/**
	 * Connections without a pool.
	 * @param database name of a database
	 * @return a new data source
	 */
	public PGSimpleDataSource dataSource(String database) {
		PGSimpleDataSource dataSource = new PGSimpleDataSource();
		dataSource.setUrl(url(database));
		return dataSource;
	}

	/**
	 * Connections from a pool, as an application has them.
	 * @param database name of a database
	 * @return a new data source, which the caller closes
	 */
	public HikariDataSource pool(String database) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(url(database));
		pool.setMaximumPoolSize(4);
		pool.setConnectionTimeout(Duration.ofSeconds(5).toMillis());
		return pool;
	}

	/**
	 * Stop the server and keep its data, as an operator would.
	 */
	public synchronized void stop() {
		EmbeddedPostgres running = this.server;
		this.server = null;
		if (running != null) {
			try {
				running.close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
	}

	/**
	 * Start the server again on the port it had.
	 */
	public synchronized void startAgain() {
		try {
			this.server = builder().start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		stop();
		FileSystemUtils.deleteRecursively(this.directory.toFile());
	}

	private EmbeddedPostgres.Builder builder() {
		return EmbeddedPostgres.builder()
			.setPort(this.port)
			.setDataDirectory(this.directory.resolve("data"))
			.setCleanDataDirectory(false)
			.setRegisterShutdownHook(false)
			.setPGStartupWait(Duration.ofSeconds(60));
	}

}
