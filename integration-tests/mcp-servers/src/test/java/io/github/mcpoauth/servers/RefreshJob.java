// SPDX-License-Identifier: Apache-2.0

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
			application.manager()
				.provider(GrantKey.of(AgentApplication.SERVER))
				.refresh(null)
				.block(AgentApplication.PATIENCE);
		}
	}

}
