// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

/**
 * Salesforce: no {@code expires_in}, {@code issued_at} in milliseconds as text. From
 * Salesforce's documentation of the refresh token flow.
 */
final class Salesforce extends StandIn {

	@Override
	String vendor() {
		return "Salesforce";
	}

	@Override
	Reply granted(String accessToken, String refreshToken) {
		return Reply.json(200,
				Map.of("access_token", accessToken, "token_type", "Bearer", "refresh_token", refreshToken, "signature",
						"c2ln", "scope", "mcp_api refresh_token", "instance_url", base().toString(), "id",
						base() + "/id/00D/005", "issued_at", "1777000000000"));
	}

	@Override
	Reply refused() {
		return Reply.json(400, Map.of("error", "invalid_grant", "error_description", "expired access/refresh token"));
	}

}
