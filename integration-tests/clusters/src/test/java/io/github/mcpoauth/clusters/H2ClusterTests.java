// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that share an H2 with a server of its own. Only in long runs: MariaDB, which is
 * asked for changes too, stands for it in short ones.
 */
@EnabledIfSystemProperty(named = "cluster.rounds", matches = "\\d{3,}")
class H2ClusterTests extends ServerClusterTestBase {

	H2ClusterTests(@TempDir Path directory) {
		super(new H2Store(directory));
	}

}
