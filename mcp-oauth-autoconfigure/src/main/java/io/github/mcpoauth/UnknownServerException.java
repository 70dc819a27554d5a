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

package io.github.mcpoauth;

import java.util.Collection;
import java.util.TreeSet;

/**
 * A name that is not an MCP server here.
 */
public class UnknownServerException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server the name asked for
	 * @param known the names there are
	 */
	public UnknownServerException(String server, Collection<String> known) {
		super(server,
				"There is no MCP server named %s. %s".formatted(UntrustedText.quote(server),
						known.isEmpty()
								? "None is configured: set 'mcp.servers.<name>.url' and 'mcp.servers.<name>.oauth'"
								: "Known servers: " + String.join(", ", new TreeSet<>(known))));
	}

}
