// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.util.Locale;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.UnusableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Turns the failure of a login into a message for the user, with its remedy.
 */
final class LoginFailures {

	private static final Log logger = LogFactory.getLog(LoginFailures.class);

	private LoginFailures() {
	}

	/**
	 * The failure as the user sees it.
	 * @param server the MCP server
	 * @param cause the cause
	 * @return a {@link LoginException}, or the store's own exception
	 */
	static McpOAuthException of(McpServer server, Throwable cause) {
		if (cause instanceof McpOAuthException known) {
			return known;
		}
		if (cause instanceof RefusedException refused) {
			return refused(server, refused);
		}
		if (cause instanceof ExchangeException exchange) {
			Reason reason = (exchange instanceof UnusableException) ? Reason.PROTOCOL : Reason.UNAVAILABLE;
			return failure(server, reason, String.valueOf(exchange.getMessage()), exchange);
		}
		logger.warn("A login to MCP server '%s' failed unexpectedly".formatted(server.name()), cause);
		return failure(server, Reason.PROTOCOL, "it failed unexpectedly, see the log of the application", cause);
	}

	private static LoginException refused(McpServer server, RefusedException refused) {
		String message = String.valueOf(refused.getMessage());
		return switch (refused.errorCode().toLowerCase(Locale.ROOT)) {
			case "access_denied", "consent_required", "interaction_required", "login_required" ->
				failure(server, Reason.DENIED, message, refused);
			case "expired_token" ->
				failure(server, Reason.TIMED_OUT, message + ". The code has expired: start another login", refused);
			case "invalid_target" -> failure(server, Reason.CONFIGURATION,
					"%s. It does not know the resource indicator that was sent: set %s to the one it knows, or to 'none'"
						.formatted(message, property(server, "resource")),
					refused);
			case "invalid_scope" -> failure(server, Reason.CONFIGURATION,
					"%s. Set %s to scopes that it grants".formatted(message, property(server, "scopes")), refused);
			case "invalid_client", "unauthorized_client" -> client(server, message, refused);
			default -> failure(server, Reason.PROTOCOL, message, refused);
		};
	}

	private static LoginException client(McpServer server, String message, RefusedException refused) {
		if (server.oauth().clientId() != null) {
			return failure(server, Reason.CONFIGURATION,
					"%s. Check %s, %s and %s, and whether the client may log in this way".formatted(message,
							property(server, "client-id"), property(server, "client-secret"),
							property(server, "token-endpoint-auth-method")),
					refused);
		}
		return failure(server, Reason.PROTOCOL,
				message + ". It does not know our client any more; the next login registers a new one", refused);
	}

	static LoginException failure(McpServer server, Reason reason, String message) {
		return new LoginException(server.name(), reason, message);
	}

	private static LoginException failure(McpServer server, Reason reason, String message, Throwable cause) {
		return new LoginException(server.name(), reason, message, cause);
	}

	/**
	 * The full name of a property, for a message.
	 * @param server the MCP server
	 * @param name name of an OAuth setting
	 * @return the name in quotes
	 */
	static String property(McpServer server, String name) {
		return "'mcp.servers.%s.oauth.%s'".formatted(server.name(), name);
	}

}
