// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.McpSessions;

/**
 * Where the tools of several users run.
 *
 * @param manager knows the grant of a user
 * @param sessions has a session for each user
 * @param cache how many lists of tools of users are kept
 * @param contextKey the key below which the {@code ToolContext} and the Reactor context
 * name the user
 */
public record UserSessions(McpOAuthManager manager, McpSessions sessions, PrincipalCacheSettings cache,
		String contextKey) {
}
