// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.manager.McpOAuthManager;
import reactor.core.publisher.Flux;

/**
 * {@code mcp list}: shows every server in a line, or the stored grants of principals.
 */
final class ListCommand extends Command {

	/**
	 * The answer of a command for all servers if there are no servers.
	 */
	static final String NONE = "No MCP server is configured: set 'mcp.servers.<name>.url' and 'mcp.servers.<name>.oauth'";

	private static final String LINE = "%-20s %-16s %-46s %s";

	ListCommand() {
		super("list", "[--principals[=<server>]] [--principal=<name>]",
				"the servers and their state, or the users that have grants");
	}

	@Override
	Work parse(Arguments arguments) {
		PrincipalList principals = PrincipalList.parse(arguments);
		arguments.end();
		return (principals != null)
				? (services, output) -> principals.print(services.manager().administration(), output)
				: ListCommand::run;
	}

	private static ExitCode run(Services services, Output output) {
		McpOAuthManager manager = services.manager();
		List<StatusText> reports = Results.of(Flux.fromIterable(manager.servers())
			.concatMap((server) -> manager.provider(server.key())
				.status()
				.map((status) -> StatusText.of(server, status, services.clock())))
			.collectList());
		output.result(Map.of("servers", reports.stream().map(StatusText::members).toList()), lines(reports));
		return ExitCode.DONE;
	}

	private static List<String> lines(List<StatusText> reports) {
		if (reports.isEmpty()) {
			return List.of(NONE);
		}
		List<String> lines = new ArrayList<>();
		lines.add(LINE.formatted("SERVER", "STATE", "TOKEN", "URL"));
		for (StatusText report : reports) {
			lines.add(LINE.formatted(report.status().server(), report.state(), report.expiry(), report.url()));
			String failure = report.failure();
			if (failure != null) {
				lines.add("  " + failure);
			}
		}
		return lines;
	}

}
