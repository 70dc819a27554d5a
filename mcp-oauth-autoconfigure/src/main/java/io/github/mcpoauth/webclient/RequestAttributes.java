// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.principal.PrincipalResolver;
import org.jspecify.annotations.Nullable;

import org.springframework.web.reactive.function.client.ClientRequest;

/**
 * Attributes of WebClient requests by which filters of one request come to an
 * understanding.
 */
public final class RequestAttributes {

	/**
	 * The request has been recovered from a 401 before, or belongs to one that was. When
	 * it is refused again that is noted, and neither is a refresh token spent on it nor
	 * is it sent again.
	 */
	public static final String RECOVERED = "io.github.mcpoauth.recovered";

	/**
	 * The request belongs to an MCP session, and its sender will open another session. A
	 * token that was just renewed and is refused may be fine then, so nothing is held
	 * against it yet.
	 */
	public static final String SESSION = "io.github.mcpoauth.session";

	/**
	 * A {@link GrantKey} that names the grant the request needs. It takes precedence over
	 * the {@link PrincipalResolver}. A key of another server than the one the request
	 * goes to says nothing.
	 */
	public static final String GRANT = "io.github.mcpoauth.grant";

	/**
	 * The request is for a part of the protocol that a server may leave out. A 401 or 403
	 * says nothing about the token then, so it starts no recovery.
	 */
	public static final String OPTIONAL = "io.github.mcpoauth.optional";

	private RequestAttributes() {
	}

	/**
	 * The grant that a request names.
	 * @param request the request
	 * @param server the server that it goes to
	 * @return the key, {@code null} if it names no grant of that server
	 */
	public static @Nullable GrantKey grant(ClientRequest request, McpServer server) {
		return (request.attributes().get(GRANT) instanceof GrantKey key && key.server().equals(server.name())) ? key
				: null;
	}

}
