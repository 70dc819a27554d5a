// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The answer for a model when a login is required. Nothing else carries the key
 * {@code needs_reauth}.
 *
 * @param error one sentence of cause, the page to open, the command to run or the setting
 * to correct, and not to retry
 * @param server name of the MCP server
 */
public record NeedsReauth(String error, String server) {

	private static final String ASK = "%s. Do NOT retry this tool: ask the user to re-authenticate.";

	private static final String TELL = "%s. Do NOT retry this tool: tell the user what has to be corrected.";

	static NeedsReauth of(LoginRequiredException required) {
		return new NeedsReauth(((required.getCorrection() != null) ? TELL : ASK).formatted(required.getMessage()),
				required.getServer());
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
