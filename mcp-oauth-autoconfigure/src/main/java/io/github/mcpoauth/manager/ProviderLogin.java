// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Instant;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.login.LoginRun;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A login, which ends with the status of the provider that uses its grant. Two of them
 * are equal if they stand for the same login.
 */
final class ProviderLogin implements Login {

	private final LoginRun run;

	private final Mono<ServerStatus> status;

	/**
	 * Create the login.
	 * @param run the login
	 * @param status the provider's status, read after the login has ended
	 */
	ProviderLogin(LoginRun run, Mono<ServerStatus> status) {
		this.run = run;
		this.status = status;
	}

	@Override
	public String id() {
		return this.run.id();
	}

	@Override
	public String server() {
		return this.run.serverName();
	}

	@Override
	public URI authorizationUrl() {
		return this.run.authorizationUrl();
	}

	@Override
	public @Nullable Instant authorizationUrlExpiresAt() {
		return this.run.authorizationUrlExpiresAt();
	}

	@Override
	public Mono<URI> openableUrl() {
		return this.run.openable().map(LoginRun::authorizationUrl);
	}

	@Override
	public @Nullable Callback callback() {
		return this.run.callback();
	}

	@Override
	public boolean offersDeviceCode() {
		return this.run.offersDeviceCode();
	}

	@Override
	public Login.@Nullable UserCode userCode() {
		return this.run.userCode();
	}

	@Override
	public @Nullable String owner() {
		return this.run.owner();
	}

	@Override
	public Instant expiresAt() {
		return this.run.expiresAt();
	}

	@Override
	public Mono<ServerStatus> complete(String pasted) {
		return this.run.complete(pasted).then(this.status);
	}

	@Override
	public Mono<ServerStatus> completion() {
		return this.run.completion().then(this.status);
	}

	@Override
	public void cancel() {
		this.run.cancel();
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof ProviderLogin login && login.run.equals(this.run);
	}

	@Override
	public int hashCode() {
		return this.run.hashCode();
	}

}
