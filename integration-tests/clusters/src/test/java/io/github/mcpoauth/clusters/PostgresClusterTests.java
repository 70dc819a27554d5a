// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that share a PostgreSQL, which the first one gives its tables.
 */
class PostgresClusterTests extends ServerClusterTestBase {

	PostgresClusterTests(@TempDir Path directory) {
		super(new PostgresStore(directory));
	}

}
