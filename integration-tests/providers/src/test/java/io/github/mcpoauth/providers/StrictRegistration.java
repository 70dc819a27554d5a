// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

import tools.jackson.databind.JsonNode;

/**
 * A server that registers no members that it does not know, one refusal at a time, and
 * writes identifiers as numbers.
 */
final class StrictRegistration extends StandIn {

	@Override
	String vendor() {
		return "strict registration";
	}

	@Override
	Reply register(JsonNode request) {
		if (request.has("application_type")) {
			return refused("application_type is not allowed");
		}
		if (request.path("grant_types").toString().contains("refresh_token")) {
			return refused("grant_types must be authorization_code");
		}
		return Reply.json(201, Map.of("client_id", 4711, "redirect_uris", request.path("redirect_uris")));
	}

	private static Reply refused(String description) {
		return Reply.json(400, Map.of("error", "invalid_client_metadata", "error_description", description));
	}

}
