// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Nobody is logging in, or another login is in flight than the one that was meant.
 */
public final class NoLoginInFlightException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	NoLoginInFlightException(String server, @Nullable String flow) {
		super(server, "MCP server %s has no login%s in flight. Start one with POST to its 'login'"
			.formatted(UntrustedText.quote(server), (flow != null) ? " " + UntrustedText.quote(flow) : ""));
	}

}
