package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that share a PostgreSQL, which the first one gives its tables.
 */
class PostgresClusterTests extends ServerClusterTestBase {

	@TempDir
	private static Path directory;

	private @Nullable EmbeddedPostgres postgres;

	private int port;

	@Override
	List<String> startStore() {
		startServer();
		this.port = Objects.requireNonNull(this.postgres).getPort();
		return List.of("--mcp.oauth.store.type=jdbc", "--mcp.oauth.store.jdbc.initialize-schema=always",
				"--mcp.oauth.store.lease=" + LEASE.toSeconds(),
				"--spring.datasource.url=jdbc:postgresql://127.0.0.1:%d/postgres".formatted(this.port),
				"--spring.datasource.username=postgres", "--spring.datasource.hikari.maximum-pool-size=3",
				"--spring.datasource.hikari.connection-timeout=3000");
	}

	private void startServer() {
		try {
			this.postgres = EmbeddedPostgres.builder()
				.setPort(this.port)
				.setDataDirectory(directory.resolve("data"))
				.setCleanDataDirectory(false)
				.setPGStartupWait(Duration.ofSeconds(60))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	void stopServer() {
		try {
			Objects.requireNonNull(this.postgres).close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	void startServerAgain() {
		startServer();
	}

	@Override
	void stopStore() {
		stopServer();
	}

	@Override
	String store() {
		return "PostgreSQL";
	}

}
