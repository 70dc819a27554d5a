// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;

/**
 * Nobody knows whose grant a request needs, so it was not sent. No login helps against
 * that: the code that makes the request has lost, or never had, what the
 * {@link PrincipalResolver} looks for.
 */
public class PrincipalRequiredException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason half a sentence of cause, without a secret
	 * @param cause the cause, {@code null} for none
	 */
	public PrincipalRequiredException(String server, String reason, @Nullable Throwable cause) {
		super(server, """
				A request to MCP server '%s' was not sent, because %s. Make it where the Reactor context says who \
				it is for, or name the grant with the request attribute '%s'. For a request that is the \
				application's own business that is the grant of GrantKey.of("%1$s")""".formatted(server, reason,
				RequestAttributes.GRANT), cause);
	}

}
