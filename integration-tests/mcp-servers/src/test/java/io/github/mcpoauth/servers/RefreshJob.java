// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.GrantKey;

/**
 * Renews a grant in a process of its own, as a scheduled job beside an agent would.
 */
public final class RefreshJob {

	/**
	 * Printed before the refresh begins.
	 */
	static final String BEGINS = "@refresh";

	private RefreshJob() {
	}

	/**
	 * Run the job.
	 * @param args address of the MCP server, directory of the grants, and whether to wait
	 * for a SIGTERM
	 * @throws InterruptedException if the thread is interrupted
	 */
	public static void main(String[] args) throws InterruptedException {
		try (AgentApplication application = AgentApplication.start(URI.create(args[0]), Path.of(args[1]))) {
			System.out.println(BEGINS);
			application.manager()
				.provider(GrantKey.of(AgentApplication.SERVER))
				.refresh(null)
				.block(AgentApplication.PATIENCE);
			if (Boolean.parseBoolean(args[2])) {
				new CountDownLatch(1).await(AgentApplication.PATIENCE.toSeconds(), TimeUnit.SECONDS);
			}
		}
	}

}
