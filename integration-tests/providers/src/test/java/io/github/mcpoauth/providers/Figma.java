// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Figma: registration answers {@code none} and a secret, and the token endpoint wants the
 * secret (claude-code#74768).
 */
final class Figma extends StandIn {

	@Override
	String vendor() {
		return "Figma";
	}

	@Override
	Reply register(JsonNode request) {
		return Reply.json(201, Map.of("client_id", "figma-client", "client_secret", "figma-secret", "redirect_uris",
				request.path("redirect_uris"), "token_endpoint_auth_method", "none"));
	}

	@Override
	@Nullable Reply refuse(Call call) {
		String basic = call.header("Authorization");
		boolean authenticated = basic != null || call.body().contains("client_secret=figma-secret");
		return authenticated ? null
				: Reply.json(401, Map.of("error", "invalid_client", "error_description", "client_secret is required"));
	}

}
