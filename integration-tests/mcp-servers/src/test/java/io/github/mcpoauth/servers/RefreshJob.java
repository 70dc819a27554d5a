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

package io.github.mcpoauth.servers;

import java.net.URI;
import java.nio.file.Path;

import io.github.mcpoauth.GrantKey;

/**
 * Renews a grant in a process of its own, as a scheduled job beside an agent would.
 */
public final class RefreshJob {

	private RefreshJob() {
	}

	/**
	 * Run the job.
	 * @param args address of the MCP server and directory of the grants
	 */
	public static void main(String[] args) {
		try (AgentApplication application = AgentApplication.start(URI.create(args[0]), Path.of(args[1]))) {
			application.manager().refresh(GrantKey.of(AgentApplication.SERVER), null).block(AgentApplication.PATIENCE);
		}
	}

}
