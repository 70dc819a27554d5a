// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * No login is in progress, or another one than the one named.
 */
final class NoPendingLoginException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	NoPendingLoginException(String server, @Nullable String flow) {
		super(server, "MCP server %s has no login%s in progress. Start one with POST to its 'login'"
			.formatted(UntrustedText.quote(server), (flow != null) ? " " + UntrustedText.quote(flow) : ""));
	}

	@Override
	public Kind getKind() {
		return Kind.NOT_PENDING;
	}

}
