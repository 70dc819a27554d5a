// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.webclient.RequestAttributes;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Determines the grant that a request needs, for an application that acts for several
 * users. A bean of this type replaces the choice of {@code mcp.oauth.principal.source}.
 * For example, with a user's id in the Reactor context:
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
	 * Determine the grant that a request needs.
	 * @param server the server that the request goes to
	 * @param context the Reactor context that the request is made in. Where Spring
	 * Security is present, and the user was found on the thread that subscribed, that
	 * user's security context has been added. Read nothing from the present thread: it
	 * may be that of another user
	 * @return a mono with a key of that server: {@link McpServer#key(String)} for a
	 * principal's grant, {@link McpServer#key()} for the application's own. Empty if that
	 * is not known: the request fails then, unless
	 * {@code mcp.oauth.principal.when-absent} says otherwise. A failure fails the request
	 */
	Mono<GrantKey> resolve(McpServer server, ContextView context);

	/**
	 * Describe where this resolver looks, for the message of a request without a
	 * principal.
	 * @param subscriber the thread that subscribed
	 * @return a part of a sentence, without a secret
	 */
	default String describeAbsence(Thread subscriber) {
		return "the PrincipalResolver of the application found no user";
	}

	/**
	 * A resolver that always answers the application's own grant. The context is not even
	 * looked at.
	 * @return the one resolver of this kind
	 */
	static PrincipalResolver application() {
		return ApplicationPrincipal.INSTANCE;
	}

	/**
	 * A resolver that finds the name of the principal in the Reactor context.
	 * @param contextKey the key in the context. The value must be a string or a
	 * {@link java.security.Principal}
	 * @return the resolver
	 */
	static PrincipalResolver fromContext(Object contextKey) {
		return new ContextPrincipal(contextKey);
	}

}
