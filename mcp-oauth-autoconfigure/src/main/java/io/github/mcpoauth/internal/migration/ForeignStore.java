// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

import io.github.mcpoauth.McpServer;

/**
 * Where another agent keeps its logins.
 */
interface ForeignStore {

	/**
	 * Where it usually is.
	 * @return a path that need not exist
	 */
	Path usualPath();

	/**
	 * Read all logins there are.
	 * @param path where they are
	 * @param servers the servers configured here, for stores that can only be searched by
	 * URL
	 * @return the logins. One that cannot be understood is among them and says why
	 * @throws IOException if the store itself cannot be read
	 */
	List<ForeignLogin> read(Path path, Collection<McpServer> servers) throws IOException;

}
