// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A token endpoint that wants {@code client_id} in the body beside HTTP Basic
 * (inspector#627).
 */
final class BasicAndBody extends StandIn {

	@Override
	String vendor() {
		return "client_id beside Basic";
	}

	@Override
	Map<String, Object> metadata() {
		Map<String, Object> metadata = super.metadata();
		metadata.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic"));
		return metadata;
	}

	@Override
	Reply register(JsonNode request) {
		return Reply.json(201, Map.of("client_id", "basic-client", "client_secret", "basic-secret", "redirect_uris",
				request.path("redirect_uris"), "token_endpoint_auth_method", "client_secret_basic"));
	}

	@Override
	@Nullable Reply refuse(Call call) {
		return call.body().contains("client_id=basic-client") ? null : Reply.json(400,
				Map.of("error", "invalid_request", "error_description", "Missing parameter: client_id"));
	}

}
