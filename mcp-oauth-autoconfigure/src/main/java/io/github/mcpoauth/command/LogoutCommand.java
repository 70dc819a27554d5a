// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.McpOAuthManager;

/**
 * {@code mcp logout}: revoke a grant and forget it.
 */
final class LogoutCommand implements Command {

	private final McpOAuthManager manager;

	LogoutCommand(McpOAuthManager manager) {
		this.manager = manager;
	}

	@Override
	public String verb() {
		return "logout";
	}

	@Override
	public String synopsis() {
		return "<server>";
	}

	@Override
	public String summary() {
		return "revoke a server's tokens and forget them";
	}

	@Override
	public ExitCode run(Arguments arguments, Output output) {
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		boolean revoked = Results.of(this.manager.provider(key).logout());
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", server);
		members.put("logged_out", true);
		members.put("revoked", revoked);
		output.result(members, List.of("Logged out of '%s'. %s".formatted(key, revocation(revoked))));
		return ExitCode.DONE;
	}

	/**
	 * What became of the tokens at the authorization server.
	 * @param revoked whether it confirmed their revocation
	 * @return a sentence
	 */
	static String revocation(boolean revoked) {
		return revoked ? "The authorization server has revoked the tokens."
				: "The authorization server did not confirm a revocation, so tokens may work there until they expire.";
	}

}
