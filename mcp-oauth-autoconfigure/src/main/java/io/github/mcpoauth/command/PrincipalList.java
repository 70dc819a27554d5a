// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.manager.McpOAuthAdministration;
import org.jspecify.annotations.Nullable;

/**
 * {@code mcp list --principals}: shows the stored grants of principals. Each page is
 * printed before the next one is read.
 *
 * @param server name of a server to select, {@code null} for all servers
 * @param principal a principal to select, {@code null} for all principals
 */
record PrincipalList(@Nullable String server, @Nullable String principal) {

	private static final int PAGE = 200;

	private static final String LINE = "%-20s %-9s %s";

	/**
	 * Take the options.
	 * @param arguments the words of the command line
	 * @return the list, {@code null} if no option asks for it
	 * @throws CommandException if a name cannot be a principal's
	 */
	static @Nullable PrincipalList parse(Arguments arguments) {
		boolean all = arguments.flag("--principals");
		String server = all ? null : arguments.value("--principals");
		String principal = arguments.key((server != null) ? server : "any").principal();
		return (all || server != null || principal != null) ? new PrincipalList(server, principal) : null;
	}

	ExitCode print(McpOAuthAdministration administration, Output output) {
		GrantQuery query = new GrantQuery(this.server, this.principal, null, PAGE);
		boolean empty = true;
		for (String next = ""; next != null;) {
			GrantQuery.Page page = Results.of(administration.list(query.after(next.isEmpty() ? null : next)));
			next = page.next();
			if (!page.entries().isEmpty() || (empty && next == null)) {
				output.result(Map.of("grants", page.entries().stream().map(PrincipalList::members).toList()),
						lines(page.entries(), empty));
				empty = false;
			}
		}
		return ExitCode.DONE;
	}

	private static Map<String, Object> members(GrantQuery.Entry entry) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", entry.key().server());
		members.put("principal", String.valueOf(entry.key().principal()));
		members.put("grant", entry.hasGrant());
		return members;
	}

	private List<String> lines(List<GrantQuery.Entry> entries, boolean first) {
		if (entries.isEmpty()) {
			return List.of("Nothing is stored for %s%s".formatted((this.principal != null) ? "this user" : "any user",
					(this.server != null) ? " of MCP server '%s'".formatted(this.server) : ""));
		}
		List<String> lines = new ArrayList<>();
		if (first) {
			lines.add(LINE.formatted("SERVER", "GRANT", "PRINCIPAL"));
		}
		entries.forEach((entry) -> lines
			.add(LINE.formatted(entry.key().server(), entry.hasGrant() ? "yes" : "no", entry.key().principal())));
		return lines;
	}

}
