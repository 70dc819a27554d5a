// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The answer for a model when a login is required. Nothing else carries the key
 * {@code needs_reauth}.
 *
 * @param error one sentence of cause, the command to run or the setting to correct, and
 * not to retry
 * @param server name of the MCP server
 */
public record NeedsReauth(String error, String server) {

	private static final String MESSAGE = """
			MCP server '%1$s' requires re-authentication: %2$s. Run `%3$s`. \
			Do NOT retry this tool: ask the user to re-authenticate.""";

	private static final String UNATTENDED = """
			MCP server '%s' cannot be authorized: %s. No login can help. %s. \
			Do NOT retry this tool: tell the user what has to be corrected.""";

	/**
	 * The answer for a server that a user logs in to.
	 * @param server name of the MCP server
	 * @param cause one sentence of cause, without a secret
	 * @return the answer
	 */
	public static NeedsReauth of(String server, String cause) {
		return of(GrantKey.of(server), cause);
	}

	/**
	 * The answer for a grant.
	 * @param key the grant
	 * @param cause one sentence of cause, without a secret
	 * @return the answer
	 */
	public static NeedsReauth of(GrantKey key, String cause) {
		return of(key, cause, null);
	}

	/**
	 * The answer for a grant, with the remedy: log in, or correct the settings.
	 * @param key the grant
	 * @param cause one sentence of cause, without a secret
	 * @param correction the setting to correct if no login can help, {@code null} if a
	 * login can
	 * @return the answer
	 */
	public static NeedsReauth of(GrantKey key, String cause, @Nullable String correction) {
		String sentence = cause.endsWith(".") ? cause.substring(0, cause.length() - 1) : cause;
		return new NeedsReauth((correction != null) ? UNATTENDED.formatted(key.server(), sentence, correction)
				: MESSAGE.formatted(key.server(), sentence, key.loginCommand()), key.server());
	}

	/**
	 * The answer as the members of a JSON object, in their documented order.
	 * @return a new map with {@code error}, {@code needs_reauth} and {@code server}
	 */
	public Map<String, Object> toMap() {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("error", this.error);
		members.put("needs_reauth", true);
		members.put("server", this.server);
		return members;
	}

}
