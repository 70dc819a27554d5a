/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.migration;

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
	 * @param servers the servers configured here, for stores that cannot be listed
	 * without knowing what to look for
	 * @return the logins. One that cannot be understood is among them and says why
	 * @throws IOException if the store itself cannot be read
	 */
	List<ForeignLogin> read(Path path, Collection<McpServer> servers) throws IOException;

}
