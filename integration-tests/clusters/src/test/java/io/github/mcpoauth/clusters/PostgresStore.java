// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;

/**
 * Tables in PostgreSQL.
 */
final class PostgresStore implements ClusterStore.WithServer {

	private final Path directory;

	private @Nullable EmbeddedPostgres postgres;

	private int port;

	PostgresStore(Path directory) {
		this.directory = directory;
	}

	@Override
	public List<String> start() {
		startAgain();
		this.port = Objects.requireNonNull(this.postgres).getPort();
		return List.of("--mcp.oauth.store.type=jdbc", "--mcp.oauth.store.jdbc.initialize-schema=always", LEASE,
				"--spring.datasource.url=jdbc:postgresql://127.0.0.1:%d/postgres".formatted(this.port),
				"--spring.datasource.username=postgres", "--spring.datasource.hikari.maximum-pool-size=3",
				"--spring.datasource.hikari.connection-timeout=3000");
	}

	@Override
	public void startAgain() {
		try {
			this.postgres = EmbeddedPostgres.builder()
				.setPort(this.port)
				.setDataDirectory(this.directory.resolve("data"))
				.setCleanDataDirectory(false)
				.setPGStartupWait(Duration.ofSeconds(60))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void stop() {
		try {
			Objects.requireNonNull(this.postgres).close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public String title() {
		return "PostgreSQL";
	}

}
