// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * An error of the protocol in the body of an HTTP error.
 *
 * @param code the error code
 * @param message the message of the server
 */
record ProtocolError(int code, String message) {

	/**
	 * The code that servers use for errors without a code in the protocol, such as an
	 * unknown session.
	 */
	static final int SERVER_ERROR = -32000;

	/**
	 * The codes that only servers of the protocol of 2026-07-28 send: headers that do not
	 * match, a missing capability, an unsupported version.
	 */
	private static final Set<Integer> MODERN = Set.of(-32020, -32021, -32022);

	private static final JsonMapper JSON = JsonMapper.builder().build();

	/**
	 * Whether the error proves that the server speaks the protocol of 2026-07-28.
	 * @return {@code true} if so
	 */
	boolean isModern() {
		return isModern(this.code);
	}

	static boolean isModern(int code) {
		return MODERN.contains(code);
	}

	/**
	 * Find the error.
	 * @param response the HTTP error
	 * @return the error of the protocol, {@code null} if the body has no such error
	 */
	static @Nullable ProtocolError in(WebClientResponseException response) {
		try {
			JsonNode error = JSON.readTree(response.getResponseBodyAsByteArray()).path("error");
			JsonNode code = error.path("code");
			return code.isInt() ? new ProtocolError(code.asInt(), error.path("message").asString("")) : null;
		}
		catch (JacksonException ex) {
			return null;
		}
	}

}
