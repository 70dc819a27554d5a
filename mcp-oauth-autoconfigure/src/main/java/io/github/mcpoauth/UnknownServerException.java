// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.util.Collection;
import java.util.TreeSet;

import io.github.mcpoauth.internal.text.UntrustedText;

/**
 * A name that is not an MCP server here.
 */
public class UnknownServerException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server the name asked for
	 * @param known the names there are
	 */
	public UnknownServerException(String server, Collection<String> known) {
		super(server,
				"There is no MCP server named %s. %s".formatted(UntrustedText.quote(server),
						known.isEmpty()
								? "None is configured: set 'mcp.servers.<name>.url' and 'mcp.servers.<name>.oauth'"
								: "Known servers: " + String.join(", ", new TreeSet<>(known))));
	}

	@Override
	public Kind getKind() {
		return Kind.UNKNOWN;
	}

}
