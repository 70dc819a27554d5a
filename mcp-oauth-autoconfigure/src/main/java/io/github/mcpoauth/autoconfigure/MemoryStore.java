// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Rules for a store whose content ends with the process.
 */
final class MemoryStore {

	private static final String TYPE = "mcp.oauth.store.type";

	private static final String ALLOW_LOGINS = "mcp.oauth.store.memory.allow-logins";

	/**
	 * Present in the environment of a command, which is a short-lived process.
	 */
	private static final String COMMAND = "mcpCommandLine";

	private static final Log logger = LogFactory.getLog(MemoryStore.class);

	private MemoryStore() {
	}

	/**
	 * Say once which grants an exit of the process loses.
	 * @param properties the shared settings
	 * @param servers the configured servers
	 */
	static void announce(McpOAuthProperties properties, List<McpServer> servers) {
		String lost = "Grants are kept in memory: when this process exits, all tokens, registered clients and issuer bindings are lost.";
		String refused = servers.stream()
			.filter((server) -> server.oauth().grantType().needsUser() && server.oauth().registration() == null)
			.map((server) -> "'" + server.name() + "'")
			.collect(Collectors.joining(", "));
		if (properties.store().memory().allowLogins()) {
			logger.info(lost + " Users have to log in again after each start");
		}
		else if (refused.isEmpty()) {
			logger.info(lost + " They are obtained again without a user");
		}
		else {
			logger.info(lost + " Logins of users are refused, which these servers need: %s. See '%s' and '%s'"
				.formatted(refused, ALLOW_LOGINS, TYPE));
		}
	}

	/**
	 * Refuse logins of users whose result would be lost.
	 * @param settings the bounds of logins
	 * @param store the store of the application
	 * @param properties the shared settings
	 * @param environment tells whether this is a command
	 * @return the bounds, with the refusal if there is one
	 */
	static LoginSettings login(LoginSettings settings, TokenStore store, McpOAuthProperties properties,
			ConfigurableEnvironment environment) {
		if (!(store instanceof InMemoryTokenStore)) {
			return settings;
		}
		if (isCommand(environment)) {
			return settings.refusing(
					"grants are kept in memory, so the login would be lost when this command ends. Log in through the running application, or set '%s' to a store that outlives a process"
						.formatted(TYPE));
		}
		return properties.store().memory().allowLogins() ? settings : settings.refusing(
				"grants are kept in memory, so the login would be lost when this process exits. Set '%s' to a store that outlives a process, or '%s' to true to log in again after each start"
					.formatted(TYPE, ALLOW_LOGINS));
	}

	static boolean isCommand(ConfigurableEnvironment environment) {
		return environment.getPropertySources().contains(COMMAND);
	}

	/**
	 * Refuse to import logins into the memory of a process that ends.
	 * @param environment where the properties come from
	 * @param store the store of the application
	 */
	static void checkImport(ConfigurableEnvironment environment, TokenStore store) {
		if (store instanceof InMemoryTokenStore) {
			throw McpOAuthConfiguration.problem(environment, TYPE,
					"grants are kept in memory, so imported logins would be lost when this process exits",
					"Use 'file', 'jdbc' or 'redis' to import logins.");
		}
	}

}
