// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;

/**
 * {@code mcp status}: shows the stored state of one server, without the network.
 */
final class StatusCommand extends Command {

	StatusCommand() {
		super("status", "<server>", "show the state of a server, without asking the network");
	}

	@Override
	Work parse(Arguments arguments) {
		GrantKey key = arguments.key();
		arguments.end();
		return (services, output) -> {
			McpOAuthProvider provider = services.provider(key);
			StatusText report = StatusText.of(provider.server(), Results.of(provider.status()), services.clock());
			output.result(report.members(), report.lines());
			return ExitCode.DONE;
		};
	}

}
