// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Instant;
import java.util.UUID;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.TransientAuthorizationException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A login without a user: it has ended when it is returned.
 *
 * @param id name of this login
 * @param server name of the server
 * @param expiresAt when it had ended
 * @param status how it ended
 */
record UnattendedLogin(String id, String server, Instant expiresAt, ServerStatus status) implements Login {

	/**
	 * Get a token now.
	 * @param server the MCP server
	 * @param refreshed gets a token and tells the status
	 * @return a mono with the login. Fails with {@link LoginException} or
	 * {@link io.github.mcpoauth.TokenStoreException}
	 */
	static Mono<Login> of(McpServer server, Mono<ServerStatus> refreshed) {
		return refreshed
			.<Login>map((status) -> new UnattendedLogin(UUID.randomUUID().toString().substring(0, 8), server.name(),
					Instant.now(), status))
			.onErrorMap(LoginRequiredException.class,
					(ex) -> new LoginException(server.name(), Reason.CONFIGURATION,
							"%s. %s".formatted(ex.getReason(), server.correction()), ex))
			.onErrorMap(TransientAuthorizationException.class,
					(ex) -> new LoginException(server.name(), Reason.UNAVAILABLE, String.valueOf(ex.getMessage()), ex));
	}

	@Override
	public @Nullable URI authorizationUrl() {
		return null;
	}

	@Override
	public Mono<ServerStatus> complete(String pasted) {
		return Mono.error(new IllegalArgumentException("No user has to log in to " + this.server));
	}

	@Override
	public Mono<ServerStatus> completion() {
		return Mono.just(this.status);
	}

	@Override
	public void cancel() {
		// There is nothing left to cancel
	}

}
