// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.webclient.RequestAttributes;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Says whose grant a request needs, for an application that acts for several people. A
 * bean of this type replaces what {@code mcp.oauth.principal.source} chooses. For
 * example, with a user's id in the Reactor context:
 *
 * <pre class="code">
 * &#064;Bean
 * PrincipalResolver principalResolver() {
 *   return (server, context) -&gt; Mono.justOrEmpty(context.&lt;String&gt;getOrEmpty("user")).map(server::key);
 * }
 * </pre>
 * <p>
 * Asked for every request that no attribute {@link RequestAttributes#GRANT} speaks for,
 * so it must be cheap and must not block. An answer is used for that one request and is
 * not kept.
 */
@FunctionalInterface
public interface PrincipalResolver {

	/**
	 * Find out whose grant a request needs.
	 * @param server the server that the request goes to
	 * @param context the Reactor context that the request is made in
	 * @return a mono with a key of that server: {@link McpServer#key(String)} for
	 * somebody's grant, {@link McpServer#key()} for the application's own. Empty if that
	 * is not known: the request fails then, unless
	 * {@code mcp.oauth.principal.when-absent} says otherwise. A failure fails the request
	 */
	Mono<GrantKey> resolve(McpServer server, ContextView context);

	/**
	 * A resolver that answers the application's own grant whatever the context says. The
	 * context is not even looked at.
	 * @return the one resolver of this kind
	 */
	static PrincipalResolver application() {
		return ApplicationPrincipal.INSTANCE;
	}

	/**
	 * A resolver that finds the name of the principal in the Reactor context.
	 * @param contextKey the key in the context. What is there must be a string or a
	 * {@link java.security.Principal}
	 * @return the resolver
	 */
	static PrincipalResolver fromContext(Object contextKey) {
		return new ContextPrincipal(contextKey);
	}

}
