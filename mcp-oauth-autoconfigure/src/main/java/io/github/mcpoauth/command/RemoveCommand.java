// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.McpOAuthManager;

/**
 * {@code mcp remove}: log out and delete all that is stored for a server.
 */
final class RemoveCommand implements Command {

	private final McpOAuthManager manager;

	RemoveCommand(McpOAuthManager manager) {
		this.manager = manager;
	}

	@Override
	public String verb() {
		return "remove";
	}

	@Override
	public String synopsis() {
		return "<server>";
	}

	@Override
	public String summary() {
		return "log out and delete all that is stored, the registered client too";
	}

	@Override
	public ExitCode run(Arguments arguments, Output output) {
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		boolean revoked = Results.of(this.manager.provider(key).remove());
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", server);
		members.put("removed", true);
		members.put("revoked", revoked);
		output.result(members,
				List.of("Removed all that was stored for '%s'. %s".formatted(key, LogoutCommand.revocation(revoked))));
		return ExitCode.DONE;
	}

}
