// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

/**
 * GitHub: token answers are form-encoded unless JSON is asked for by name, scopes are
 * separated by commas, and errors come under status 200. From GitHub's documentation on
 * authorizing OAuth apps.
 */
final class GitHub extends StandIn {

	@Override
	String vendor() {
		return "GitHub";
	}

	@Override
	Reply granted(String accessToken, String refreshToken) {
		return Reply.text(200, "application/x-www-form-urlencoded; charset=utf-8",
				"access_token=%s&expires_in=28800&refresh_token=%s&refresh_token_expires_in=15811200&scope=repo%%2Cgist&token_type=bearer"
					.formatted(accessToken, refreshToken));
	}

	@Override
	Reply refused() {
		return Reply.json(200, Map.of("error", "bad_refresh_token", "error_description",
				"The refresh token passed is incorrect or expired."));
	}

}
