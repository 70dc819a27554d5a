// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.time.Duration;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * A manager whose answers a test decides by the key of the grant. A test must not ask for
 * an answer that it has not decided.
 */
public abstract class KeyedManager implements McpOAuthManager {

	@Override
	public McpOAuthProvider provider(GrantKey key) {
		McpServer server = servers().stream()
			.filter((candidate) -> candidate.name().equals(key.server()))
			.findFirst()
			.orElseThrow(
					() -> new UnknownServerException(key.server(), servers().stream().map(McpServer::name).toList()));
		return new Provider(this, key, server);
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(String server) {
		throw unexpected();
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(ClientRequest request) {
		throw unexpected();
	}

	@Override
	public void add(McpServer server) {
		throw unexpected();
	}

	@Override
	public boolean evict(String server) {
		throw unexpected();
	}

	@Override
	public void close() {
		// Nothing to end
	}

	@Override
	public ExchangeFilterFunction filter(String server) {
		throw unexpected();
	}

	protected Mono<AccessToken> token(GrantKey key) {
		throw unexpected();
	}

	protected Mono<Recovery> recover(GrantKey key, Rejection rejection) {
		throw unexpected();
	}

	protected Mono<ServerStatus> refresh(GrantKey key, @Nullable Duration minTtl) {
		throw unexpected();
	}

	protected Mono<Login> login(GrantKey key, LoginRequest request) {
		throw unexpected();
	}

	protected Mono<Boolean> logout(GrantKey key) {
		throw unexpected();
	}

	protected Mono<Boolean> remove(GrantKey key) {
		throw unexpected();
	}

	protected Mono<ServerStatus> status(GrantKey key) {
		throw unexpected();
	}

	private static AssertionError unexpected() {
		return new AssertionError("No answer was decided for this");
	}

	private record Provider(KeyedManager manager, GrantKey key, McpServer server) implements McpOAuthProvider {

		@Override
		public Mono<AccessToken> token() {
			return this.manager.token(this.key);
		}

		@Override
		public Mono<Recovery> recover(Rejection rejection) {
			return this.manager.recover(this.key, rejection);
		}

		@Override
		public void accepted(AccessToken token) {
			// Nothing is held against a token here
		}

		@Override
		public Mono<ServerStatus> refresh(@Nullable Duration minTtl) {
			return this.manager.refresh(this.key, minTtl);
		}

		@Override
		public Mono<Login> login(LoginRequest request) {
			return this.manager.login(this.key, request);
		}

		@Override
		public @Nullable Login currentLogin() {
			return null;
		}

		@Override
		public Mono<Boolean> logout() {
			return this.manager.logout(this.key);
		}

		@Override
		public Mono<Boolean> remove() {
			return this.manager.remove(this.key);
		}

		@Override
		public Mono<ServerStatus> status() {
			return this.manager.status(this.key);
		}

	}

}
