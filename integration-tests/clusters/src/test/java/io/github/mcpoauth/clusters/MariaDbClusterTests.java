// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that share a MariaDB of Debian's {@code mariadb-server}.
 */
class MariaDbClusterTests extends ServerClusterTestBase {

	MariaDbClusterTests(@TempDir Path directory) {
		super(new MariaDbStore(directory));
	}

}
