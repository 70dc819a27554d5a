// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

/**
 * Vercel's mcp-handler: 403 with {@code invalid_token} for an expired token
 * (vercel/mcp-handler#181).
 */
final class VercelMcpHandler extends StandIn {

	@Override
	String vendor() {
		return "Vercel mcp-handler";
	}

	@Override
	Reply unauthorized(Call call) {
		Reply reply = super.unauthorized(call);
		return (call.header("Authorization") == null) ? reply : Reply.json(403, Map.of("error", "invalid_token"))
			.header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
	}

}
