// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Clock;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.McpOAuthManager;

/**
 * {@code mcp status}: what is known of one server, without the network.
 */
final class StatusCommand implements Command {

	private final McpOAuthManager manager;

	private final Clock clock;

	StatusCommand(McpOAuthManager manager, Clock clock) {
		this.manager = manager;
		this.clock = clock;
	}

	@Override
	public String verb() {
		return "status";
	}

	@Override
	public String synopsis() {
		return "<server>";
	}

	@Override
	public String summary() {
		return "what is known of a server, without asking the network";
	}

	@Override
	public ExitCode run(Arguments arguments, Output output) {
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		StatusText report = new StatusText(Results.of(this.manager.provider(key).status()), this.clock);
		output.result(report.members(), report.lines());
		return ExitCode.DONE;
	}

}
