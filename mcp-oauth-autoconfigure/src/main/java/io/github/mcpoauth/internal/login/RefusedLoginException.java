// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.util.Map;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.McpServer;
import org.jspecify.annotations.Nullable;

/**
 * The authorization server does not serve this login, so that another one may be tried:
 * it registers no client, or lacks something that the login needs.
 */
class RefusedLoginException extends LoginException {

	private static final long serialVersionUID = 1L;

	private final String answer;

	private final String remedy;

	/**
	 * Create an exception.
	 * @param server the MCP server
	 * @param reason the kind of failure
	 * @param answer one sentence that tells the answer and names the server that gave it
	 * @param remedy one sentence that tells the user how to mend it
	 * @param cause the cause, or {@code null}
	 */
	RefusedLoginException(McpServer server, Reason reason, String answer, String remedy, @Nullable Throwable cause) {
		super(server.name(), reason, answer + ". " + remedy, cause);
		this.answer = answer;
		this.remedy = remedy;
	}

	/**
	 * The answer, without the remedy.
	 * @return one sentence without its full stop
	 */
	final String answer() {
		return this.answer;
	}

	/**
	 * This failure after other authorization servers have refused.
	 * @param server the MCP server
	 * @param refusals their answers by issuer, and the one of this failure
	 * @return the exception that tells them all
	 */
	final LoginException withAll(McpServer server, Map<String, String> refusals) {
		return withAll(server, String.join("; ", refusals.values()));
	}

	/**
	 * This failure as the last of several.
	 * @param server the MCP server
	 * @param answers the answers of all authorization servers
	 * @return the exception that tells them all
	 */
	final LoginException withAll(McpServer server, String answers) {
		return new RefusedLoginException(server, getReason(), answers, this.remedy, this);
	}

}
