package io.github.mcpoauth.clusters;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.io.TempDir;

/**
 * Processes on one machine that share files.
 */
class FileClusterTests extends ClusterTestBase {

	/**
	 * The class path has a driver, and there is nothing to connect to.
	 */
	static final String NO_DATABASE = "--spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration";

	@TempDir
	private static Path directory;

	@Override
	List<String> startStore() {
		return List.of("--mcp.oauth.store.file.directory=" + directory, NO_DATABASE);
	}

	@Override
	void stopStore() {
		// Nothing runs
	}

	@Override
	String store() {
		return "file";
	}

}
