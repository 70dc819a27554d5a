// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Names one grant: the key of cached providers, of stored records and of locks. A grant
 * belongs to a server and, where one application acts for several people, to one of them.
 * <p>
 * A principal's name may be personal data. It is part of {@link #toString()}, quoted, and
 * of nothing that is counted.
 *
 * @param server name of the MCP server, as in {@code mcp.servers.<name>}
 * @param principal owner of the grant, {@code null} for the application's own. Compared
 * as it is: names that differ by case or Unicode composition are different principals. At
 * most 256 characters without control characters
 */
public record GrantKey(String server, @Nullable String principal) {

	private static final int LONGEST_PRINCIPAL = 256;

	public GrantKey {
		Assert.hasText(server, "'server' must not be empty");
		Assert.isTrue(principal == null || isUsable(principal),
				() -> "'principal' must not be blank, longer than %d characters, nor contain control characters or unpaired surrogates"
					.formatted(LONGEST_PRINCIPAL));
	}

	/**
	 * Asked for every request of a principal, hence without a stream.
	 */
	private static boolean isUsable(String principal) {
		if (principal.isBlank() || principal.length() > LONGEST_PRINCIPAL) {
			return false;
		}
		for (int at = 0; at < principal.length(); at++) {
			int codePoint = principal.codePointAt(at);
			if (codePoint >= ' ' && codePoint <= '~') {
				continue;
			}
			if (Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE) {
				return false;
			}
			at += Character.charCount(codePoint) - 1;
		}
		return true;
	}

	/**
	 * The key of the application's own grant for a server.
	 * @param server name of the MCP server
	 * @return the key
	 */
	public static GrantKey of(String server) {
		return new GrantKey(server, null);
	}

	/**
	 * The key of a principal's grant for a server.
	 * @param server name of the MCP server
	 * @param principal owner of the grant
	 * @return the key
	 * @throws IllegalArgumentException for a name that is blank, longer than 256
	 * characters or has control characters
	 */
	public static GrantKey of(String server, String principal) {
		Assert.notNull(principal, "'principal' must not be null");
		return new GrantKey(server, principal);
	}

	/**
	 * The key of the application's own grant for the same server, which also keeps the
	 * records that belong to the server as a whole.
	 * @return the key, this one if it is the application's own
	 */
	public GrantKey ofApplication() {
		return (this.principal != null) ? of(this.server) : this;
	}

	/**
	 * The command that logs a user in.
	 * @return the command, fit for a shell
	 */
	public String loginCommand() {
		String command = "mcp login " + this.server;
		if (this.principal == null) {
			return command;
		}
		boolean plain = this.principal.matches("[A-Za-z0-9._@:+-]+");
		return command + " --principal=" + (plain ? this.principal : "'" + this.principal.replace("'", "'\\''") + "'");
	}

	@Override
	public String toString() {
		if (this.principal == null) {
			return this.server;
		}
		String quoted = UntrustedText.quote(this.principal);
		return "%s for \"%s\"".formatted(this.server, quoted.substring(1, quoted.length() - 1));
	}

}
