// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

/**
 * A token endpoint that nests the error of RFC 6749 below another {@code error}
 * (airbyte#57001).
 */
final class NestedErrors extends StandIn {

	@Override
	String vendor() {
		return "Errors nested below error";
	}

	@Override
	Reply refused() {
		return Reply.json(400, Map.of("error",
				Map.of("code", 400, "error", "invalid_grant", "message", "The refresh token has been revoked")));
	}

}
