// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.MariaDbDataSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.FileSystemUtils;

/**
 * A real MariaDB of Debian's {@code mariadb-server} in a process of its own, on a free
 * port, with a data directory of its own.
 */
public final class MariaDbServer implements AutoCloseable {

	private static final Duration START = Duration.ofSeconds(60);

	private static final AtomicInteger databases = new AtomicInteger();

	private static @Nullable MariaDbServer shared;

	private final Path directory;

	private final int port;

	private final Process process;

	private MariaDbServer() throws IOException, InterruptedException {
		this.directory = Files.createTempDirectory("mariadb");
		Path data = this.directory.resolve("data");
		String user = "--user=" + System.getProperty("user.name");
		Process install = run(List.of("mariadb-install-db", "--no-defaults", "--datadir=" + data, user,
				"--tmpdir=" + this.directory, "--auth-root-authentication-method=normal"));
		if (!install.waitFor(START.toSeconds(), TimeUnit.SECONDS) || install.exitValue() != 0) {
			throw new IllegalStateException(Files.readString(this.directory.resolve("log")));
		}
		this.port = FreePorts.next();
		this.process = run(List.of("mariadbd", "--no-defaults", "--datadir=" + data, user, "--port=" + this.port,
				"--tmpdir=" + this.directory, "--bind-address=127.0.0.1",
				"--socket=" + this.directory.resolve("socket")));
		Awaitility.await().atMost(START).ignoreExceptions().until(() -> {
			new JdbcTemplate(dataSource("mysql")).execute("SELECT 1");
			return true;
		});
	}

	/**
	 * The server that the tests of this JVM share, each with a database of its own.
	 * @return a running server, which is stopped with the JVM
	 */
	public static synchronized MariaDbServer shared() {
		MariaDbServer server = shared;
		if (server == null) {
			try {
				server = new MariaDbServer();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
			shared = server;
			Runtime.getRuntime().addShutdownHook(new Thread(server::close));
		}
		return server;
	}

	/**
	 * Create an empty database with the collation that MariaDB has by default.
	 * @return its name
	 */
	public String createDatabase() {
		String name = "test" + databases.incrementAndGet();
		try {
			new JdbcTemplate(dataSource("mysql"))
				.execute("CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci".formatted(name));
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return name;
	}

	/**
	 * Connections without a pool.
	 * @param database name of a database
	 * @return a new data source
	 * @throws SQLException if the address is wrong
	 */
	public MariaDbDataSource dataSource(String database) throws SQLException {
		return new MariaDbDataSource(url(database));
	}

	/**
	 * Connections from a pool, as an application has them.
	 * @param database name of a database
	 * @return a new data source, which the caller closes
	 */
	public HikariDataSource pool(String database) {
		HikariDataSource pool = new HikariDataSource();
		pool.setJdbcUrl(url(database));
		pool.setMaximumPoolSize(8);
		return pool;
	}

	/**
	 * The same connections with the driver of MySQL.
	 * @param database name of a database
	 * @return a new data source, which the caller closes
	 */
	public HikariDataSource mySqlPool(String database) {
		HikariDataSource pool = pool(database);
		pool.setJdbcUrl(url(database).replace("jdbc:mariadb:", "jdbc:mysql:"));
		return pool;
	}

	@Override
	public void close() {
		this.process.destroy();
		this.process.onExit().orTimeout(START.toSeconds(), TimeUnit.SECONDS).join();
		FileSystemUtils.deleteRecursively(this.directory.toFile());
	}

	private String url(String database) {
		return "jdbc:mariadb://127.0.0.1:%d/%s?user=root".formatted(this.port, database);
	}

	private Process run(List<String> command) throws IOException {
		return new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(this.directory.resolve("log").toFile()))
			.start();
	}

}
