// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

/**
 * HubSpot: a refusal names its cause in {@code status}, in capitals. From HubSpot's OAuth
 * documentation and reports of its users.
 */
final class HubSpot extends StandIn {

	@Override
	String vendor() {
		return "HubSpot";
	}

	@Override
	Reply refused() {
		return Reply.json(400, Map.of("status", "BAD_REFRESH_TOKEN", "message", "missing or invalid refresh token",
				"correlationId", "3f6f9c1e"));
	}

	@Override
	boolean refusesClearly() {
		return false;
	}

	@Override
	String refusal() {
		return "missing or invalid refresh token";
	}

}
