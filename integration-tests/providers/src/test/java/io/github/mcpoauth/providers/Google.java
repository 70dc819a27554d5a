// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.List;
import java.util.Map;

/**
 * Google: a refresh token needs {@code access_type=offline}, and a refresh answers none.
 * From Google's documentation of OAuth for web servers.
 */
final class Google extends StandIn {

	@Override
	String vendor() {
		return "Google";
	}

	private volatile boolean offline;

	private volatile boolean issued;

	@Override
	List<String> settings() {
		return List.of("oauth.client-id=google-client", "oauth.client-secret=google-secret",
				"oauth.authorization-server=" + issuer(), "oauth.authorize-parameters.access_type=offline",
				"oauth.authorize-parameters.prompt=consent");
	}

	@Override
	boolean rotates() {
		return false;
	}

	@Override
	Reply authorize(Map<String, String> parameters) {
		this.issued = false;
		this.offline = "offline".equals(parameters.get("access_type")) && "consent".equals(parameters.get("prompt"));
		return super.authorize(parameters);
	}

	@Override
	Reply granted(String accessToken, String refreshToken) {
		return (this.offline && !this.issued) ? first(accessToken, refreshToken)
				: Reply.json(200, Map.of("access_token", accessToken, "token_type", "Bearer", "expires_in", 3599));
	}

	private Reply first(String accessToken, String refreshToken) {
		this.issued = true;
		return super.granted(accessToken, refreshToken);
	}

}
