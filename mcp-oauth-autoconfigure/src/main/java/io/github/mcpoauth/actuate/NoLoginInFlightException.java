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

package io.github.mcpoauth.actuate;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Nobody is logging in, or another login is in flight than the one that was meant.
 */
public final class NoLoginInFlightException extends McpOAuthException {

	private static final long serialVersionUID = 1L;

	NoLoginInFlightException(String server, @Nullable String flow) {
		super(server, "MCP server %s has no login%s in flight. Start one with POST to its 'login'"
			.formatted(UntrustedText.quote(server), (flow != null) ? " " + UntrustedText.quote(flow) : ""));
	}

}
