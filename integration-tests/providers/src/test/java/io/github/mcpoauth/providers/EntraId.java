// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Microsoft Entra ID: no registration, and {@code resource} is refused, so
 * {@code oauth.resource=none} is set (csharp-sdk#939).
 */
final class EntraId extends StandIn {

	@Override
	String vendor() {
		return "Microsoft Entra ID";
	}

	@Override
	List<String> settings() {
		return List.of("oauth.client-id=entra-client", "oauth.client-secret=entra-secret",
				"oauth.scopes=api://demo/.default,offline_access", "oauth.resource=none",
				"oauth.authorization-server=" + issuer());
	}

	@Override
	Map<String, Object> metadata() {
		Map<String, Object> metadata = super.metadata();
		metadata.remove("registration_endpoint");
		return metadata;
	}

	@Override
	@Nullable Reply refuse(Call call) {
		return call.body().contains("resource=") ? Reply.json(400, Map.of("error", "invalid_target",
				"error_description",
				"AADSTS9010010: The resource parameter provided in the request doesn't match with the requested scopes.",
				"error_codes", List.of(9010010))) : null;
	}

	@Override
	Reply granted(String accessToken, String refreshToken) {
		return Reply.json(200, Map.of("token_type", "Bearer", "scope", "api://demo/.default", "expires_in", 3599,
				"ext_expires_in", 3599, "access_token", accessToken, "refresh_token", refreshToken));
	}

	@Override
	Reply refused() {
		return Reply.json(400, Map.of("error", "invalid_grant", "error_description",
				"AADSTS70008: The provided authorization code or refresh token has expired", "suberror", "bad_token"));
	}

}
