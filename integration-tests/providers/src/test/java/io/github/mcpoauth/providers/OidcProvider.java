// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * oidc-provider: {@code offline_access} is granted only with {@code prompt=consent}
 * (OpenID Connect Core, section 11).
 */
final class OidcProvider extends StandIn {

	@Override
	String vendor() {
		return "oidc-provider";
	}

	private volatile boolean offline;

	@Override
	Map<String, Object> metadata() {
		Map<String, Object> metadata = super.metadata();
		metadata.put("scopes_supported", List.of("openid", "offline_access"));
		metadata.put("prompt_values_supported", List.of("none", "login", "consent"));
		return metadata;
	}

	@Override
	Reply resourceMetadata() {
		return Reply.json(200, Map.of("resource", url().toString(), "authorization_servers", List.of(issuer()),
				"scopes_supported", List.of("openid")));
	}

	@Override
	@Nullable Reply before(Call call) {
		return switch (call.uri().getPath()) {
			case "/.well-known/oauth-authorization-server" -> Reply.empty(404);
			case "/.well-known/openid-configuration" -> Reply.json(200, metadata());
			default -> null;
		};
	}

	@Override
	Reply authorize(Map<String, String> parameters) {
		this.offline = parameters.getOrDefault("scope", "").contains("offline_access")
				&& "consent".equals(parameters.get("prompt"));
		return super.authorize(parameters);
	}

	@Override
	Reply granted(String accessToken, String refreshToken) {
		return this.offline ? super.granted(accessToken, refreshToken) : Reply.json(200,
				Map.of("access_token", accessToken, "token_type", "Bearer", "expires_in", 3600, "scope", "openid"));
	}

}
