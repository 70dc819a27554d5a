// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

import tools.jackson.databind.JsonNode;

/**
 * ContextStream: registration accepts {@code localhost} and refuses {@code 127.0.0.1}
 * (contextstream#57).
 */
final class ContextStream extends StandIn {

	@Override
	String vendor() {
		return "ContextStream";
	}

	@Override
	Reply register(JsonNode request) {
		boolean literal = request.path("redirect_uris").toString().contains("127.0.0.1");
		return literal ? Reply.json(400, Map.of("error", "INVALID_REDIRECT_URI", "error_description",
				"redirect_uris must use https or http://localhost")) : super.register(request);
	}

}
