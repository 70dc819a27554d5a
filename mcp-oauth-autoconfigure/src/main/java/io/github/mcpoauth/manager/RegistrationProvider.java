// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.time.Duration;
import java.util.List;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.registration.RegisteredGrant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * The handle of a token that Spring Security keeps. Logins and logouts are those of the
 * application, so this handle has none.
 *
 * @param manager the manager
 * @param grant the token
 * @param user the user that asked for the handle, empty if the Reactor context of the
 * calls tells
 */
record RegistrationProvider(DefaultMcpOAuthManager manager, RegisteredGrant grant,
		Context user) implements McpOAuthProvider {

	@Override
	public GrantKey key() {
		return this.grant.key();
	}

	@Override
	public McpServer server() {
		return this.grant.server();
	}

	@Override
	public Mono<AccessToken> token() {
		return forUser(this.grant.token());
	}

	private <T> Mono<T> forUser(Mono<T> work) {
		return this.user.isEmpty() ? work : work.contextWrite(this.user);
	}

	@Override
	public Mono<Recovery> recover(Rejection rejection) {
		return Mono.defer(() -> this.manager.knows(server().name()) ? forUser(this.grant.recover(rejection))
				: Mono.just(Recovery.notRecovered("there is no MCP server of that name")));
	}

	@Override
	public void accepted(AccessToken token) {
		this.grant.accepted(token);
	}

	@Override
	public Mono<ServerStatus> refresh(@Nullable Duration minTtl) {
		return forUser(this.grant.refresh(minTtl)).then(status());
	}

	@Override
	public Mono<Login> login(LoginRequest request) {
		return Mono.error(() -> new LoginException(server().name(), Reason.CONFIGURATION,
				"users log in with registration '%s' of Spring Security, and not here. %s"
					.formatted(server().oauth().registration(), server().action(key()))));
	}

	@Override
	public @Nullable Login currentLogin() {
		return null;
	}

	@Override
	public Mono<List<Login>> logins() {
		return Mono.just(List.of());
	}

	@Override
	public Mono<Boolean> logout() {
		return Mono.error(() -> new McpOAuthException(server().name(),
				"The token of MCP server '%s' belongs to the login with registration '%s' of Spring Security. It ends where the application ends that login"
					.formatted(server().name(), server().oauth().registration())));
	}

	/**
	 * Nothing is stored here.
	 */
	@Override
	public Mono<Boolean> remove() {
		return Mono.fromSupplier(() -> {
			if (key().principal() == null) {
				this.manager.evict(server().name());
			}
			return false;
		});
	}

	@Override
	public Mono<ServerStatus> status() {
		return forUser(Mono.defer(this.grant::status)).map((status) -> this.manager.counted(server(), key(), status));
	}

}
