// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The grant of a request could not be determined, so the request was not sent. A login
 * does not help: the user was lost on the way from the request of that user to here. The
 * message says where the {@link PrincipalResolver} looked.
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
				A request to MCP server '%s' was not sent, because %s. The grant can also be named with \
				the request attribute '%s': for work of the application itself that is GrantKey.of("%1$s")"""
			.formatted(server, reason, RequestAttributes.GRANT), cause);
	}

	@Override
	public Kind getKind() {
		return Kind.PRINCIPAL_REQUIRED;
	}

}
