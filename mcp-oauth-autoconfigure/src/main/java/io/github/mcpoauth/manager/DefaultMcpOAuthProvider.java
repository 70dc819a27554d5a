// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
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
final class DefaultMcpOAuthProvider extends SourceProvider {

	private final LoginService logins;

	private final GrantProvider provider;

	/**
	 * Create a handle.
	 * @param manager the manager
	 * @param logins the logins
	 * @param provider keeps the grant fresh
	 * @param user the user that asked for the handle, for suppliers that a refresh calls.
	 * Empty if the Reactor context of the calls tells
	 */
	DefaultMcpOAuthProvider(DefaultMcpOAuthManager manager, LoginService logins, GrantProvider provider, Context user) {
		super(manager, provider, user);
		this.logins = logins;
		this.provider = provider;
	}

	@Override
	public Mono<Recovery> recover(Rejection rejection) {
		return super.recover(rejection).flatMap((recovery) -> remember(rejection, recovery));
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
	Mono<Boolean> purge() {
		return Mono.defer(() -> this.logins.purge(server(), key()));
	}

}
