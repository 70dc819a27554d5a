/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.session;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * An error of the protocol in the body of an HTTP error.
 *
 * @param code the error code
 * @param message what the server says
 */
record ProtocolError(int code, String message) {

	/**
	 * The code that servers use for what the protocol has no code for, such as a session
	 * they do not know.
	 */
	static final int SERVER_ERROR = -32000;

	private static final JsonMapper JSON = JsonMapper.builder().build();

	/**
	 * Find the error.
	 * @param response the HTTP error
	 * @return the error of the protocol, {@code null} if the body has none
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
