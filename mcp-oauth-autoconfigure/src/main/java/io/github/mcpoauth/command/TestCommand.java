// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;

/**
 * {@code mcp test}: connect to a server and list its tools.
 */
final class TestCommand extends Command {

	TestCommand() {
		super("test", "<server>", "connect to a server and list its tools");
	}

	@Override
	Work parse(Arguments arguments) {
		GrantKey key = arguments.key();
		arguments.end();
		return (services, output) -> {
			List<Map<String, Object>> found = Results.of(services.tools().listTools(key));
			Map<String, Object> members = new LinkedHashMap<>();
			members.put("server", key.server());
			members.put("tools", found);
			output.result(members, lines(key.server(), found));
			return ExitCode.DONE;
		};
	}

	private static List<String> lines(String server, List<Map<String, Object>> found) {
		List<String> lines = new ArrayList<>();
		lines.add("Connected to '%s', which has %d tool%s".formatted(server, found.size(),
				(found.size() != 1) ? "s" : ""));
		for (Map<String, Object> tool : found) {
			Object description = tool.get("description");
			lines.add("  " + tool.get("name")
					+ ((description != null) ? " - " + description.toString().lines().findFirst().orElse("") : ""));
		}
		return lines;
	}

}
