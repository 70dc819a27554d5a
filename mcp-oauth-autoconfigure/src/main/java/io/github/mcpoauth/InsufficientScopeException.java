// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

/**
 * The token is good, and a request needs more scopes than it has. A user has to consent
 * to more or, for a grant without a user, an operator has to have the authorization
 * server grant more; the token there is stays in use for everything else.
 */
public class InsufficientScopeException extends LoginRequiredException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception about a grant and its remedy.
	 * @param server the server, which knows the remedy
	 * @param key the grant
	 * @param reason one sentence of cause that names the scopes
	 */
	public InsufficientScopeException(McpServer server, GrantKey key, String reason) {
		super(server, key, reason);
	}

}
