// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that share a Redis that writes down everything at once.
 */
class RedisClusterTests extends ServerClusterTestBase {

	RedisClusterTests(@TempDir Path directory) {
		super(new RedisStore(directory));
	}

}
