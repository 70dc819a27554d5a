// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;

/**
 * {@code mcp remove}: log out and delete all that is stored for a server.
 */
final class RemoveCommand extends Command {

	RemoveCommand() {
		super("remove", "<server>", "log out and delete all that is stored, the registered client too");
	}

	@Override
	Work parse(Arguments arguments) {
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		return (services, output) -> {
			boolean revoked = Results.of(services.provider(key).remove());
			Map<String, Object> members = new LinkedHashMap<>();
			members.put("server", server);
			members.put("removed", true);
			members.put("revoked", revoked);
			output.result(members, List
				.of("Removed all that was stored for '%s'. %s".formatted(key, LogoutCommand.revocation(revoked))));
			return ExitCode.DONE;
		};
	}

}
