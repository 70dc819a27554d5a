// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.login.LoginRun;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.protocol.TokenChallenges;
import io.github.mcpoauth.internal.refresh.GrantProvider;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/**
 * Puts the refreshes and the logins of one grant behind one handle.
 */
final class DefaultMcpOAuthProvider implements McpOAuthProvider {

	private final DefaultMcpOAuthManager manager;

	private final LoginService logins;

	private final GrantProvider provider;

	private final Context user;

	/**
	 * Create a handle.
	 * @param manager the manager
	 * @param logins the logins
	 * @param provider keeps the grant fresh
	 * @param user the user that asked for the handle, for suppliers that a refresh calls.
	 * Empty if the Reactor context of the calls tells
	 */
	DefaultMcpOAuthProvider(DefaultMcpOAuthManager manager, LoginService logins, GrantProvider provider, Context user) {
		this.manager = manager;
		this.logins = logins;
		this.provider = provider;
		this.user = user;
	}

	@Override
	public GrantKey key() {
		return this.provider.key();
	}

	@Override
	public McpServer server() {
		return this.provider.server();
	}

	@Override
	public Mono<AccessToken> token() {
		return forUser(this.provider.token());
	}

	private <T> Mono<T> forUser(Mono<T> work) {
		return this.user.isEmpty() ? work : work.contextWrite(this.user);
	}

	@Override
	public Mono<Recovery> recover(Rejection rejection) {
		return Mono.defer(() -> this.manager.knows(server().name())
				? forUser(this.provider.recover(rejection)).flatMap((recovery) -> remember(rejection, recovery))
				: Mono.just(Recovery.notRecovered("there is no MCP server of that name")));
	}

	/**
	 * The login that the caller is told to start may run in another process, which must
	 * know the scopes to ask for.
	 */
	private Mono<Recovery> remember(Rejection rejection, Recovery recovery) {
		return (recovery.outcome() != Recovery.Outcome.INSUFFICIENT_SCOPE) ? Mono.just(recovery)
				: this.logins.demanded(key(), TokenChallenges.of(rejection.challenges()).scopes()).thenReturn(recovery);
	}

	@Override
	public void accepted(AccessToken token) {
		this.provider.accepted(token);
	}

	@Override
	public Mono<ServerStatus> refresh(@Nullable Duration minTtl) {
		return forUser(Mono.defer(() -> this.provider.refresh(minTtl))).then(status());
	}

	@Override
	public Mono<Login> login(LoginRequest request) {
		return Mono.defer(() -> server().oauth().grantType().needsUser()
				? this.logins.login(server(), key(), this.provider.challenges(), request).map(this::login)
				: UnattendedLogin.of(server(), refresh(null)));
	}

	@Override
	public @Nullable Login currentLogin() {
		LoginRun run = this.logins.current(key());
		return (run != null) ? login(run) : null;
	}

	@Override
	public Mono<List<Login>> logins() {
		if (!server().oauth().grantType().needsUser()) {
			return Mono.just(List.of());
		}
		return Mono.defer(() -> this.logins.pending(server(), key())).map((recorded) -> {
			List<Login> all = new ArrayList<>();
			LoginRun run = this.logins.current(key());
			if (run != null && recorded.stream().noneMatch((login) -> login.id().equals(run.id()))) {
				all.add(login(run));
			}
			recorded.forEach((login) -> all.add(new KnownLogin(key(), login, this.logins.resume(server(), key(), login),
					Mono.defer(this::status))));
			return all;
		});
	}

	private Login login(LoginRun run) {
		return new ProviderLogin(run, Mono.defer(this::status));
	}

	@Override
	public Mono<Boolean> logout() {
		return Mono.defer(() -> this.logins.logout(server(), key()));
	}

	@Override
	public Mono<Boolean> remove() {
		return Mono.defer(() -> this.logins.purge(server(), key())).doOnNext((revoked) -> {
			if (key().principal() == null) {
				this.manager.evict(server().name());
			}
		});
	}

	@Override
	public Mono<ServerStatus> status() {
		return Mono.defer(this.provider::status).map((status) -> this.manager.counted(server(), key(), status));
	}

}
