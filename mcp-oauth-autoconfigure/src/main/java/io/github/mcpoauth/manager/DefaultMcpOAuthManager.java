// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.Collection;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.refresh.GrantProviderRegistry;
import io.github.mcpoauth.principal.PrincipalCounts;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Puts the servers, their providers and their logins behind one interface.
 */
public final class DefaultMcpOAuthManager implements McpOAuthManager, AutoCloseable {

	private final ServerRegistry servers;

	private final GrantProviderRegistry providers;

	private final LoginService logins;

	private final PrincipalPolicy principals;

	/**
	 * Create a manager.
	 * @param servers the servers
	 * @param providers their providers
	 * @param logins their logins
	 * @param principals whose grants requests need
	 */
	public DefaultMcpOAuthManager(ServerRegistry servers, GrantProviderRegistry providers, LoginService logins,
			PrincipalPolicy principals) {
		this.servers = servers;
		this.principals = principals;
		this.providers = providers;
		this.logins = logins;
	}

	@Override
	public Collection<McpServer> servers() {
		return this.servers.servers();
	}

	@Override
	public synchronized void add(McpServer server) {
		this.servers.add(server);
	}

	@Override
	public synchronized boolean evict(String server) {
		boolean removed = this.servers.remove(server);
		this.logins.cancelAll(server);
		this.providers.evict(server);
		return removed;
	}

	boolean knows(String server) {
		return this.servers.contains(server);
	}

	@Override
	public McpOAuthProvider provider(GrantKey key) {
		return provider(this.servers.get(key.server()), key);
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(String server) {
		return Mono.defer(() -> resolved(this.servers.entry(server)));
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(ClientRequest request) {
		return providerFor(request, null);
	}

	private Mono<McpOAuthProvider> providerFor(ClientRequest request, @Nullable String only) {
		ServerRegistry.Entry entry = this.servers.find(request.url());
		if (entry == null || (only != null && !only.equals(entry.server().name()))) {
			return Mono.empty();
		}
		GrantKey key = RequestAttributes.grant(request, entry.server());
		return (key != null) ? Mono.just(provider(entry.server(), key)) : resolved(entry);
	}

	private Mono<McpOAuthProvider> resolved(ServerRegistry.Entry entry) {
		McpServer server = entry.server();
		return this.principals.areSeveral()
				? this.principals.keyFor(server).map((resolved) -> provider(server, resolved))
				: entry.own(this::provider);
	}

	private McpOAuthProvider provider(McpServer server) {
		return provider(server, server.key());
	}

	private McpOAuthProvider provider(McpServer server, GrantKey key) {
		return new DefaultMcpOAuthProvider(this, this.logins, this.providers.provider(server, key));
	}

	@Override
	public boolean hasPrincipals() {
		return this.principals.areSeveral();
	}

	@Override
	public PrincipalCounts principals(String server) {
		return this.providers.principals(server);
	}

	@Override
	public ExchangeFilterFunction filter(String server) {
		this.servers.get(server);
		return new McpOAuthFilter((request) -> providerFor(request, server));
	}

	/**
	 * Cancel the logins in flight. Everything else needs no end.
	 */
	@Override
	public void close() {
		this.logins.close();
	}

}
