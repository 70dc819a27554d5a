// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.http.HttpClient;
import java.util.Collection;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.address.ServerAddresses;
import io.github.mcpoauth.internal.httpclient.FilteredHttpClient;
import io.github.mcpoauth.internal.httpclient.FilteringInterceptor;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.webclient.RequestAttributes;
import reactor.core.publisher.Mono;

import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * The MCP servers of this process and the providers of their grants. Grants of different
 * {@linkplain GrantKey#principal() principals} share nothing but the server's client.
 * Safe for any number of threads; nothing blocks except {@link #close()} and the clients
 * that block anyway, and nothing happens before subscription.
 */
public interface McpOAuthManager extends AutoCloseable {

	/**
	 * The configured servers.
	 * @return a snapshot, in the order they were added
	 */
	Collection<McpServer> servers();

	/**
	 * Add a server at run time, or replace the one of that name. An equal server keeps
	 * its providers; a changed one gets new ones, and keeps the stored grants as long as
	 * they are bound to the new address too.
	 * @param server the server
	 * @throws IllegalArgumentException if its name would be stored under the same name as
	 * that of another server
	 */
	void add(McpServer server);

	/**
	 * Remove a server from this process and keep its stored grants.
	 * @param server name of the server
	 * @return whether there was one
	 */
	boolean evict(String server);

	/**
	 * The provider of a grant.
	 * @param key the grant
	 * @return its provider
	 * @throws UnknownServerException if there is no server of that name
	 */
	McpOAuthProvider provider(GrantKey key);

	/**
	 * The provider of the grant that a {@link PrincipalResolver} chooses for a server in
	 * the Reactor context of the subscriber. Without a resolver that is the application's
	 * own grant.
	 * @param server name of the server
	 * @return a mono with the provider, never empty. Fails with
	 * {@link UnknownServerException}, and with {@link PrincipalRequiredException} where
	 * the context names no principal
	 */
	Mono<McpOAuthProvider> providerFor(String server);

	/**
	 * The provider that a request needs. Its server has the request's origin, and a path
	 * that is a prefix of the request's, compared segment by segment after normalisation.
	 * Its grant is the one that {@link RequestAttributes#GRANT} names, or else the
	 * {@link PrincipalResolver} in the Reactor context of the subscriber.
	 * @param request a request
	 * @return a mono with the provider, empty if no configured server covers the request.
	 * Fails with {@link PrincipalRequiredException} where neither names a principal
	 */
	Mono<McpOAuthProvider> providerFor(ClientRequest request);

	/**
	 * A filter for a WebClient built by hand. It acts on requests to that server only.
	 * @param server name of the server
	 * @return the filter
	 * @throws UnknownServerException if there is no server of that name
	 */
	ExchangeFilterFunction filter(String server);

	/**
	 * An interceptor for a RestClient or RestTemplate built by hand, which acts as the
	 * {@link #filter filter} does. It acts on requests to that server only, and waits on
	 * the caller's thread.
	 * <p>
	 * Add it before other interceptors: these then see neither the token nor a 401, and
	 * the address is compared behind them. It cannot see redirects that the client's
	 * request factory follows, so leave them off there.
	 * @param server name of the server
	 * @return the interceptor. It throws the exceptions that the filter fails with, and
	 * {@link IllegalStateException} on a thread that must not block
	 * @throws UnknownServerException if there is no server of that name
	 */
	default ClientHttpRequestInterceptor interceptor(String server) {
		return new FilteringInterceptor(new ServerAddresses(this::servers), filter(server));
	}

	/**
	 * A builder of JDK clients that act as the {@link #filter filter} does for requests
	 * to a server. They send all other requests as they are. A request to an MCP server
	 * follows the filter's rules for redirects, and not those of the builder.
	 * @param server name of the server
	 * @param builder takes all settings of the returned builder
	 * @return a builder whose clients throw the exceptions that the filter fails with.
	 * {@code sendAsync} completes with them
	 * @throws UnknownServerException if there is no server of that name
	 */
	default HttpClient.Builder httpClient(String server, HttpClient.Builder builder) {
		return FilteredHttpClient.builder(builder, new ServerAddresses(this::servers), filter(server));
	}

	/**
	 * The stored grants of all principals, for operators.
	 * @return the administration
	 * @throws UnsupportedOperationException if this is an application's own manager that
	 * has none
	 */
	default McpOAuthAdministration administration() {
		throw new UnsupportedOperationException("%s has no administration".formatted(getClass().getName()));
	}

	/**
	 * End in an orderly way: cancel pending logins that have no answer, store those that
	 * have one, start no new refresh, wait for those under way up to the timeout of a
	 * token request and a little, and store tokens that could not be stored before.
	 * Blocks. The store must stay open until this returns.
	 */
	@Override
	void close();

	/**
	 * Build a manager without Spring Boot.
	 * @return a builder
	 */
	static McpOAuthManagerBuilder builder() {
		return new McpOAuthManagerBuilder();
	}

}
