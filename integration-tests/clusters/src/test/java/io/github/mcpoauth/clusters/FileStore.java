// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;
import java.util.List;

/**
 * Files in a directory.
 *
 * @param directory the directory
 */
record FileStore(Path directory) implements ClusterStore {

	/**
	 * The class path has a driver, and there is nothing to connect to.
	 */
	static final String NO_DATABASE = "--spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration";

	@Override
	public List<String> start() {
		return List.of("--mcp.oauth.store.file.directory=" + this.directory, NO_DATABASE);
	}

	@Override
	public void stop() {
		// Nothing runs
	}

	@Override
	public String title() {
		return "file";
	}

}
