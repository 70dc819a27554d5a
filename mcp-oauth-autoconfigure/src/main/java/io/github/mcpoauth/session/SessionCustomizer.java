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

package io.github.mcpoauth.session;

import io.github.mcpoauth.McpServer;
import io.modelcontextprotocol.client.McpClient.AsyncSpec;

/**
 * Adds to the clients of sessions, for example consumers of progress, logging and changed
 * lists, or answers to sampling and elicitation.
 */
@FunctionalInterface
public interface SessionCustomizer {

	/**
	 * Customize a client before it is built. Called again for each new client of a
	 * server.
	 * @param server the server
	 * @param client what the client is built from
	 */
	void customize(McpServer server, AsyncSpec client);

}
