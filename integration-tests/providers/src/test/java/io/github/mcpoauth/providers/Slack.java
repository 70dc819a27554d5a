// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

/**
 * Slack: the user's token has the type {@code user}, and errors come under status 200
 * with {@code ok: false}. From Slack's documentation of {@code oauth.v2.user.access}.
 */
final class Slack extends StandIn {

	@Override
	String vendor() {
		return "Slack";
	}

	@Override
	Reply granted(String accessToken, String refreshToken) {
		return Reply.json(200, Map.of("ok", true, "access_token", accessToken, "token_type", "user", "expires_in",
				43200, "refresh_token", refreshToken, "scope", "search:read,chat:write", "team", Map.of("id", "T1")));
	}

	@Override
	Reply refused() {
		return Reply.json(200, Map.of("ok", false, "error", "invalid_refresh_token"));
	}

}
