// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.time.Duration;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.refresh.TokenSource;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * The part of a handle that does not depend on the place of its tokens.
 */
abstract sealed class SourceProvider implements McpOAuthProvider permits DefaultMcpOAuthProvider, RegistrationProvider {

	private final DefaultMcpOAuthManager manager;

	private final TokenSource source;

	private final Context user;

	/**
	 * Create a handle.
	 * @param manager the manager
	 * @param source the tokens
	 * @param user the user that asked for the handle, empty if the Reactor context of the
	 * calls tells
	 */
	SourceProvider(DefaultMcpOAuthManager manager, TokenSource source, Context user) {
		this.manager = manager;
		this.source = source;
		this.user = user;
	}

	@Override
	public final GrantKey key() {
		return this.source.key();
	}

	@Override
	public final McpServer server() {
		return this.source.server();
	}

	@Override
	public final Mono<AccessToken> token() {
		return forUser(this.source.token());
	}

	private <T> Mono<T> forUser(Mono<T> work) {
		return this.user.isEmpty() ? work : work.contextWrite(this.user);
	}

	@Override
	public Mono<Recovery> recover(Rejection rejection) {
		return Mono.defer(() -> this.manager.knows(server().name()) ? forUser(this.source.recover(rejection))
				: Mono.just(Recovery.notRecovered("there is no MCP server of that name")));
	}

	@Override
	public final void accepted(AccessToken token) {
		this.source.accepted(token);
	}

	@Override
	public final Mono<ServerStatus> refresh(@Nullable Duration minTtl) {
		return forUser(Mono.defer(() -> this.source.refresh(minTtl))).then(status());
	}

	@Override
	public final Mono<Boolean> remove() {
		return purge().doOnNext((revoked) -> {
			if (key().principal() == null) {
				this.manager.evict(server().name());
			}
		});
	}

	/**
	 * Remove all that is stored.
	 * @return a mono with {@code true} if the tokens were revoked
	 */
	abstract Mono<Boolean> purge();

	@Override
	public final Mono<ServerStatus> status() {
		return forUser(Mono.defer(this.source::status)).map((status) -> this.manager.counted(server(), key(), status));
	}

}
