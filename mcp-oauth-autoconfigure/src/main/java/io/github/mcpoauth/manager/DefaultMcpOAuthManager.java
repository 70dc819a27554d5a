// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Duration;
import java.util.Collection;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.refresh.GrantProvider;
import io.github.mcpoauth.internal.refresh.GrantProviderRegistry;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

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
	public @Nullable McpServer serverFor(URI url) {
		return this.servers.serverFor(url);
	}

	@Override
	public boolean hasPrincipals() {
		return this.principals.areSeveral();
	}

	@Override
	public Mono<GrantKey> keyFor(McpServer server) {
		return this.principals.keyFor(server);
	}

	@Override
	public PrincipalCounts principals(String server) {
		return this.providers.principals(server);
	}

	@Override
	public void add(McpServer server) {
		this.servers.add(server);
	}

	@Override
	public boolean evict(String server) {
		boolean removed = this.servers.remove(server);
		this.logins.cancelAll(server);
		this.providers.evict(server);
		return removed;
	}

	@Override
	public Mono<AccessToken> token(GrantKey key) {
		return Mono.defer(() -> provider(key).token());
	}

	@Override
	public Mono<Recovery> recover(GrantKey key, Rejection rejection) {
		return Mono.defer(() -> {
			McpServer server = this.servers.find(key.server());
			return (server != null) ? this.providers.provider(server, key).recover(rejection)
					: Mono.just(Recovery.notRecovered("there is no MCP server of that name"));
		});
	}

	@Override
	public void accepted(GrantKey key, AccessToken token) {
		this.providers.accepted(key, token);
	}

	@Override
	public Mono<ServerStatus> refresh(GrantKey key, @Nullable Duration minTtl) {
		return Mono.defer(() -> {
			GrantProvider provider = provider(key);
			return provider.refresh(minTtl).then(provider.status());
		});
	}

	@Override
	public Mono<Login> login(GrantKey key, LoginRequest request) {
		return Mono.defer(() -> {
			GrantProvider provider = provider(key);
			McpServer server = provider.server();
			return server.oauth().grantType().needsPerson()
					? this.logins.login(server, key, provider.challenges(), request)
					: UnattendedLogin.of(server, provider.refresh(null).then(provider.status()));
		});
	}

	@Override
	public @Nullable Login currentLogin(GrantKey key) {
		return this.logins.current(key);
	}

	@Override
	public Mono<Boolean> logout(GrantKey key) {
		return Mono.defer(() -> this.logins.logout(this.servers.get(key), key));
	}

	@Override
	public Mono<Boolean> remove(GrantKey key) {
		return Mono.defer(() -> {
			McpServer server = this.servers.get(key);
			return this.logins.purge(server, key).doOnNext((revoked) -> {
				if (key.principal() == null) {
					evict(server.name());
				}
			});
		});
	}

	@Override
	public Mono<ServerStatus> status(GrantKey key) {
		return Mono.defer(() -> provider(key).status());
	}

	@Override
	public ExchangeFilterFunction filter(String server) {
		this.servers.get(GrantKey.of(server));
		return McpOAuthFilter.forServer(this, server);
	}

	/**
	 * Cancel the logins in flight. Everything else needs no end.
	 */
	@Override
	public void close() {
		this.logins.close();
	}

	private GrantProvider provider(GrantKey key) {
		return this.providers.provider(this.servers.get(key), key);
	}

}
