// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

import org.h2.tools.Server;
import org.jspecify.annotations.Nullable;

/**
 * Tables in an H2 that listens on a port.
 */
final class H2Store implements ClusterStore.WithServer {

	private final Path directory;

	private @Nullable Server server;

	private int port;

	H2Store(Path directory) {
		this.directory = directory;
	}

	@Override
	public List<String> start() {
		startAgain();
		this.port = Objects.requireNonNull(this.server).getPort();
		return List.of("--mcp.oauth.store.type=jdbc", "--mcp.oauth.store.jdbc.initialize-schema=always", LEASE,
				"--spring.datasource.url=jdbc:h2:tcp://127.0.0.1:%d/./agents".formatted(this.port),
				"--spring.datasource.username=sa", "--spring.datasource.hikari.maximum-pool-size=3",
				"--spring.datasource.hikari.connection-timeout=3000");
	}

	@Override
	public void startAgain() {
		try {
			this.server = Server
				.createTcpServer("-tcpPort", Integer.toString(this.port), "-ifNotExists", "-baseDir",
						this.directory.toString())
				.start();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void stop() {
		Objects.requireNonNull(this.server).stop();
	}

	@Override
	public boolean tellsChanges() {
		return false;
	}

	@Override
	public String title() {
		return "H2";
	}

}
