// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.List;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.internal.registration.RegisteredGrant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * The handle of a token that Spring Security keeps. Logins and logouts are those of the
 * application, so this handle has none.
 */
final class RegistrationProvider extends SourceProvider {

	/**
	 * Create a handle.
	 * @param manager the manager
	 * @param grant the tokens
	 * @param user the user that asked for the handle, empty if the Reactor context of the
	 * calls tells
	 */
	RegistrationProvider(DefaultMcpOAuthManager manager, RegisteredGrant grant, Context user) {
		super(manager, grant, user);
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
	Mono<Boolean> purge() {
		return Mono.just(false);
	}

}
