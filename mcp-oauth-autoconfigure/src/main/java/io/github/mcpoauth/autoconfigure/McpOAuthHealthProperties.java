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

package io.github.mcpoauth.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Health of the servers' authorization.
 *
 * @param loginRequiredStatus Health of a server that a person must log in to. With 'down'
 * or 'out-of-service' the health endpoint answers 503 until somebody does.
 */
@ConfigurationProperties("mcp.oauth.health")
record McpOAuthHealthProperties(@DefaultValue("unknown") HealthStatus loginRequiredStatus) {

	/**
	 * The statuses that the health endpoint counts. It ignores any other.
	 */
	enum HealthStatus {

		/**
		 * All is well.
		 */
		UP,

		/**
		 * Shown, and of no effect on the health of the application.
		 */
		UNKNOWN,

		/**
		 * The application is out of service.
		 */
		OUT_OF_SERVICE,

		/**
		 * The application is down.
		 */
		DOWN

	}

}
