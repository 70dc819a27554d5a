// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.fixtures.FreePorts;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Tables in a MariaDB of Debian's {@code mariadb-server}.
 */
final class MariaDbStore implements ClusterStore.WithServer {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final Path directory;

	private final int port = FreePorts.next();

	private @Nullable Process process;

	MariaDbStore(Path directory) {
		this.directory = directory;
	}

	@Override
	public List<String> start() {
		end(run("mariadb-install-db", "--auth-root-authentication-method=normal"));
		startAgain();
		return List.of("--mcp.oauth.store.type=jdbc", "--mcp.oauth.store.jdbc.initialize-schema=always", LEASE,
				"--spring.datasource.url=" + url("agents") + "&createDatabaseIfNotExist=true",
				"--spring.datasource.hikari.maximum-pool-size=3", "--spring.datasource.hikari.connection-timeout=3000");
	}

	@Override
	public void startAgain() {
		this.process = run("mariadbd", "--port=" + this.port, "--bind-address=127.0.0.1",
				"--socket=" + this.directory.resolve("socket"));
		Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
			DriverManager.getConnection(url("mysql")).close();
			return true;
		});
	}

	private String url(String database) {
		return "jdbc:mariadb://127.0.0.1:%d/%s?user=root".formatted(this.port, database);
	}

	@Override
	public void stop() {
		Process running = Objects.requireNonNull(this.process);
		running.destroy();
		end(running);
	}

	private Process run(String program, String... options) {
		List<String> command = new ArrayList<>(
				List.of(program, "--no-defaults", "--datadir=" + this.directory.resolve("data"),
						"--tmpdir=" + this.directory, "--user=" + System.getProperty("user.name")));
		command.addAll(List.of(options));
		try {
			return new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void end(Process ending) {
		try {
			if (!ending.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || ending.exitValue() != 0) {
				throw new IllegalStateException(Files.readString(log()));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private Path log() {
		return this.directory.resolve("log");
	}

	@Override
	public boolean tellsChanges() {
		return false;
	}

	@Override
	public String title() {
		return "MariaDB";
	}

}
