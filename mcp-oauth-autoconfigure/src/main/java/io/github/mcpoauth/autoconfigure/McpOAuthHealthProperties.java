// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Health of the servers' authorization.
 *
 * @param loginRequiredStatus Health of a server that needs a login. With 'down' or
 * 'out-of-service' the health endpoint answers 503 until a user has logged in.
 */
@ConfigurationProperties("mcp.oauth.health")
record McpOAuthHealthProperties(@DefaultValue("unknown") HealthStatus loginRequiredStatus) {

	/**
	 * The statuses that the health endpoint counts. It ignores any other.
	 */
	enum HealthStatus {

		/**
		 * The application is up.
		 */
		UP,

		/**
		 * Shown, without effect on the health of the application.
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
