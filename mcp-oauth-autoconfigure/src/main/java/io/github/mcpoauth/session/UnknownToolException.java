// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.internal.text.UntrustedText;

/**
 * A name that is not a tool of that MCP server.
 */
public class UnknownToolException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param tool the name asked for
	 */
	public UnknownToolException(String server, String tool) {
		super(server, "MCP server '%s' has no tool named %s. `mcp test %1$s` lists those it has".formatted(server,
				UntrustedText.quote(tool)));
	}

	@Override
	public Kind getKind() {
		return Kind.UNKNOWN;
	}

}
