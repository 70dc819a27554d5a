// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The grant of a request could not be determined, so the request was not sent. A login
 * does not help: the Reactor context of the request lacks the entry that the
 * {@link PrincipalResolver} reads.
 */
public class PrincipalRequiredException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param reason half a sentence of cause, without a secret
	 * @param cause the cause, or {@code null}
	 */
	public PrincipalRequiredException(String server, String reason, @Nullable Throwable cause) {
		super(server, """
				A request to MCP server '%s' was not sent, because %s. Make it where the Reactor context says who \
				it is for, or name the grant with the request attribute '%s'. For a request that is the \
				application's own business that is the grant of GrantKey.of("%1$s")""".formatted(server, reason,
				RequestAttributes.GRANT), cause);
	}

}
