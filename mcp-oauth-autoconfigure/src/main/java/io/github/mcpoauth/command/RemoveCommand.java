// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.McpOAuthAdministration;
import io.github.mcpoauth.manager.McpOAuthAdministration.Removal.ServerRemoval;
import reactor.core.publisher.Mono;

/**
 * {@code mcp remove}: log out and delete all that is stored for a server, or for a user
 * at all servers.
 */
final class RemoveCommand extends Command {

	RemoveCommand() {
		super("remove", "<server> or --principal=<name>",
				"log out and delete all that is stored for a server, or for a user");
	}

	@Override
	Work parse(Arguments arguments) {
		String server = arguments.optional();
		GrantKey key = arguments.key((server != null) ? server : "any");
		arguments.end();
		String principal = key.principal();
		if (server == null && principal == null) {
			throw CommandException.usage("<server> is missing, or a user with --principal=<name>");
		}
		return (services, output) -> (server == null && principal != null)
				? remove(services.manager().administration().remove(principal), output) : remove(services, key, output);
	}

	private static ExitCode remove(Services services, GrantKey key, Output output) {
		boolean revoked = Results.of(services.provider(key).remove());
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", key.server());
		members.put("removed", true);
		members.put("revoked", revoked);
		output.result(members,
				List.of("Removed all that was stored for '%s'. %s".formatted(key, LogoutCommand.revocation(revoked))));
		return ExitCode.DONE;
	}

	private static ExitCode remove(Mono<McpOAuthAdministration.Removal> removal, Output output) {
		McpOAuthAdministration.Removal removed = Results.of(removal);
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("complete", removed.isComplete());
		if (removed.incomplete() != null) {
			members.put("incomplete", removed.incomplete());
		}
		members.put("servers", removed.servers().stream().map(RemoveCommand::members).toList());
		output.result(members, lines(removed));
		return removed.isComplete() ? ExitCode.DONE : ExitCode.FAILED;
	}

	private static Map<String, Object> members(ServerRemoval removal) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", removal.server());
		members.put("outcome", removal.outcome().name().toLowerCase(Locale.ROOT));
		if (removal.reason() != null) {
			members.put("reason", removal.reason());
		}
		return members;
	}

	private static List<String> lines(McpOAuthAdministration.Removal removed) {
		List<String> lines = new ArrayList<>();
		removed.servers().forEach((removal) -> lines.add("%-20s %s".formatted(removal.server(), sentence(removal))));
		if (removed.servers().isEmpty()) {
			lines.add("Nothing was stored for this user");
		}
		if (removed.incomplete() != null) {
			lines.add(removed.incomplete());
		}
		return lines;
	}

	private static String sentence(ServerRemoval removal) {
		return switch (removal.outcome()) {
			case REVOKED -> "removed. The authorization server has revoked the tokens.";
			case NOT_REVOKED -> "removed. %s, so tokens may work there until they expire.".formatted(removal.reason());
			case NO_GRANT -> "removed. There was no grant.";
			case FAILED -> "NOT removed: %s".formatted(removal.reason());
		};
	}

}
