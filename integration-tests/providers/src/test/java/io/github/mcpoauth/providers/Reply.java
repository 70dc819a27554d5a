// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

import tools.jackson.databind.json.JsonMapper;

/**
 * An HTTP response of a stand-in.
 *
 * @param status the status
 * @param headers the headers
 * @param body the body, empty for none
 */
record Reply(int status, Map<String, String> headers, String body) {

	static Reply json(int status, Object body) {
		return new Reply(status, Map.of("Content-Type", "application/json"),
				JsonMapper.shared().writeValueAsString(body));
	}

	static Reply text(int status, String type, String body) {
		return new Reply(status, Map.of("Content-Type", type), body);
	}

	static Reply redirect(int status, URI location) {
		return new Reply(status, Map.of("Location", location.toString()), "");
	}

	static Reply empty(int status) {
		return new Reply(status, Map.of(), "");
	}

	Reply header(String name, String value) {
		Map<String, String> all = new LinkedHashMap<>(this.headers);
		all.put(name, value);
		return new Reply(this.status, all, this.body);
	}

}
