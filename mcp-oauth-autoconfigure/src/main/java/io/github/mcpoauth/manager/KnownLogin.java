// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Instant;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.login.LoginRun;
import io.github.mcpoauth.internal.login.PendingLogin;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A login as the store shows it, whichever process began it. This process goes on with it
 * when it is asked to do something about it.
 */
final class KnownLogin implements Login {

	private static final Log logger = LogFactory.getLog(KnownLogin.class);

	private final GrantKey key;

	private final PendingLogin login;

	private final Mono<LoginRun> resumed;

	private final Mono<ServerStatus> status;

	/**
	 * Create the login.
	 * @param key the grant
	 * @param login the login as the store shows it
	 * @param resumed goes on with it in this process
	 * @param status the provider's status, read after the login has ended
	 */
	KnownLogin(GrantKey key, PendingLogin login, Mono<LoginRun> resumed, Mono<ServerStatus> status) {
		this.key = key;
		this.login = login;
		// Once, so that a completion is that of the login that was cancelled
		this.resumed = resumed.cache();
		this.status = status;
	}

	@Override
	public String id() {
		return this.login.id();
	}

	@Override
	public String server() {
		return this.key.server();
	}

	@Override
	public URI authorizationUrl() {
		return this.login.shown().url();
	}

	@Override
	public @Nullable Instant authorizationUrlExpiresAt() {
		return this.login.shown().urlExpiresAt();
	}

	@Override
	public Mono<URI> openableUrl() {
		return (authorizationUrlExpiresAt() == null) ? Mono.just(authorizationUrl())
				: this.resumed.flatMap(LoginRun::openable).map(LoginRun::authorizationUrl);
	}

	@Override
	public @Nullable Callback callback() {
		return this.login.shown().callback();
	}

	@Override
	public Login.@Nullable UserCode userCode() {
		return this.login.shown().userCode();
	}

	@Override
	public boolean offersDeviceCode() {
		return this.login.shown().offersDeviceCode();
	}

	@Override
	public @Nullable String owner() {
		return this.login.owner();
	}

	@Override
	public boolean isAnswered() {
		return this.login.progress().isAnswered();
	}

	@Override
	public @Nullable LoginException failure() {
		return this.login.failure(server());
	}

	@Override
	public Instant expiresAt() {
		return this.login.expiresAt();
	}

	@Override
	public Mono<ServerStatus> complete(String pasted) {
		return (failure() != null) ? completion()
				: this.resumed.flatMap((run) -> run.complete(pasted)).then(this.status);
	}

	@Override
	public Mono<ServerStatus> completion() {
		LoginException failure = failure();
		return (failure != null) ? Mono.error(failure) : this.resumed.flatMap(LoginRun::completion).then(this.status);
	}

	@Override
	public void cancel() {
		if (failure() == null) {
			this.resumed.subscribe(LoginRun::cancel, (ex) -> logger.debug("A login cannot be cancelled", ex));
		}
	}

}
