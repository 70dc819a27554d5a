// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.fixtures.FreePorts;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.FileSystemUtils;

/**
 * PostgreSQL with streaming replication.
 */
final class ReplicatedPostgres implements ReplicatedStore {

	private static final Duration PATIENCE = Duration.ofMinutes(5);

	private final List<Integer> ports = List.of(FreePorts.next(), FreePorts.next());

	private final Path directory;

	private final boolean synchronous;

	private int primary;

	private @Nullable EmbeddedPostgres first;

	private @Nullable EmbeddedPostgres second;

	private @Nullable Replication replication;

	ReplicatedPostgres(Path directory, boolean synchronous) {
		this.directory = directory;
		this.synchronous = synchronous;
	}

	@Override
	public List<String> start() {
		this.first = launch(this.primary, false);
		replicate();
		return List.of("--mcp.oauth.store.type=jdbc", "--mcp.oauth.store.jdbc.initialize-schema=always",
				ClusterStore.WithServer.LEASE,
				"--spring.datasource.url=jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/postgres?targetServerType=primary&hostRecheckSeconds=1&connectTimeout=5"
					.formatted(this.ports.get(0), this.ports.get(1)),
				"--spring.datasource.username=postgres", "--spring.datasource.hikari.maximum-pool-size=3",
				"--spring.datasource.hikari.connection-timeout=3000");
	}

	/**
	 * The replica begins with a copy of the files of the stopped primary.
	 */
	@Override
	public void replicate() {
		close(this.first);
		Replication.end(this.replication);
		int replica = 1 - this.primary;
		FileSystemUtils.deleteRecursively(data(replica).toFile());
		Replication replication = Replication.of(this.ports.get(this.primary));
		this.replication = replication;
		try {
			int copied = new ProcessBuilder("cp", "-a", data(this.primary).toString(), data(replica).toString())
				.inheritIO()
				.start()
				.waitFor();
			if (copied != 0) {
				throw new IllegalStateException("cp: " + copied);
			}
			Files.createFile(data(replica).resolve("standby.signal"));
			Files.writeString(data(replica).resolve("postgresql.auto.conf"),
					"primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'%n".formatted(replication.port()),
					StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		EmbeddedPostgres first = launch(this.primary, this.synchronous);
		this.first = first;
		this.second = launch(replica, false);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> "streaming".equals(query(first, "SELECT max(state) FROM pg_stat_replication")));
	}

	@Override
	public void lag() {
		Objects.requireNonNull(this.replication).stop();
	}

	@Override
	public void failOver() {
		Path pid = data(this.primary).resolve("postmaster.pid");
		try {
			Replication.kill(Long.parseLong(Files.readAllLines(pid).get(0).strip()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		EmbeddedPostgres promoted = Objects.requireNonNull(this.second);
		query(promoted, "SELECT pg_promote(true, 60)");
		Awaitility.await().atMost(PATIENCE).until(() -> "f".equals(query(promoted, "SELECT pg_is_in_recovery()")));
		this.primary = 1 - this.primary;
		this.first = promoted;
		this.second = null;
	}

	private static @Nullable String query(EmbeddedPostgres server, String statement) {
		return new JdbcTemplate(server.getPostgresDatabase()).queryForObject(statement, String.class);
	}

	private Path data(int index) {
		return this.directory.resolve("data" + index);
	}

	private EmbeddedPostgres launch(int index, boolean withReplica) {
		List<List<String>> settings = new ArrayList<>(
				List.of(List.of("synchronous_commit", "on"), List.of("max_connections", "100")));
		if (withReplica) {
			settings.add(List.of("synchronous_standby_names", "*"));
		}
		EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
			.setPort(this.ports.get(index))
			.setDataDirectory(data(index))
			.setCleanDataDirectory(false)
			.setPGStartupWait(PATIENCE);
		settings.forEach((setting) -> builder.setServerConfig(setting.get(0), setting.get(1)));
		try {
			return builder.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void close(@Nullable EmbeddedPostgres server) {
		try {
			if (server != null) {
				server.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		Replication.end(this.replication);
		close(this.second);
		close(this.first);
	}

	@Override
	public boolean keepsAll() {
		return this.synchronous;
	}

	@Override
	public String title() {
		return this.synchronous ? "PostgreSQL, synchronous replica" : "PostgreSQL, asynchronous replica";
	}

	@Override
	public String toString() {
		return title();
	}

}
