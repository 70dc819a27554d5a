// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Path;

import org.junit.jupiter.api.io.TempDir;

/**
 * Processes on one machine that share files.
 */
class FileClusterTests extends ClusterTestBase {

	FileClusterTests(@TempDir Path directory) {
		super(new FileStore(directory));
	}

}
