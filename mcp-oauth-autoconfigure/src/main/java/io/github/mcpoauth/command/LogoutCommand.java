// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;

/**
 * {@code mcp logout}: revokes a grant and deletes it.
 */
final class LogoutCommand extends Command {

	LogoutCommand() {
		super("logout", "<server>", "revoke a server's tokens and forget them");
	}

	@Override
	Work parse(Arguments arguments) {
		GrantKey key = arguments.key();
		arguments.end();
		return (services, output) -> {
			boolean present = isLoggedIn(Results.of(services.provider(key).status()));
			// Also without a login, because the store may hold a record that cannot be
			// read
			boolean revoked = Results.of(services.provider(key).logout());
			Map<String, Object> members = new LinkedHashMap<>();
			members.put("server", key.server());
			members.put("logged_out", present);
			members.put("revoked", revoked);
			output.result(members, List.of(present ? "Logged out of '%s'. %s".formatted(key, revocation(revoked))
					: "There was no login for '%s'".formatted(key)));
			return ExitCode.DONE;
		};
	}

	private static boolean isLoggedIn(ServerStatus status) {
		return status.state() != State.LOGIN_REQUIRED || status.grant().refreshTokenPresent()
				|| status.grant().issuedAt() != null || status.grant().expiresAt() != null;
	}

	/**
	 * Say whether the authorization server revoked the tokens.
	 * @param revoked whether it confirmed their revocation
	 * @return a sentence
	 */
	static String revocation(boolean revoked) {
		return revoked ? "The authorization server has revoked the tokens."
				: "The authorization server did not confirm a revocation, so tokens may work there until they expire.";
	}

}
