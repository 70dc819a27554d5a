// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.List;
import java.util.Map;

/**
 * A token endpoint that answers 401 with an array of errors, as APIs around Salesforce
 * do.
 */
final class ErrorArrays extends StandIn {

	@Override
	String vendor() {
		return "Salesforce-like error arrays";
	}

	@Override
	Reply refused() {
		return Reply.json(401,
				List.of(Map.of("errorCode", "INVALID_REFRESH_TOKEN", "message", "expired access/refresh token")));
	}

	@Override
	boolean refusesClearly() {
		return false;
	}

	@Override
	String refusal() {
		return "expired access/refresh token";
	}

}
