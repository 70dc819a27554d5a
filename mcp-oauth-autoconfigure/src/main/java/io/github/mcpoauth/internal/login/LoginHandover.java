// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.login.PendingLogin.Progress;
import io.github.mcpoauth.internal.login.PendingLogin.Shown;
import io.github.mcpoauth.internal.login.PendingLogin.Stage;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

/**
 * Records the logins of this process for others, and finds those of others.
 */
final class LoginHandover {

	private static final Log logger = LogFactory.getLog(LoginHandover.class);

	private final PendingLoginRepository pending;

	private final LoginEndpoints endpoints;

	private final StoredLogins stored;

	LoginHandover(PendingLoginRepository pending, LoginEndpoints endpoints, StoredLogins stored) {
		this.pending = pending;
		this.endpoints = endpoints;
		this.stored = stored;
	}

	/**
	 * Record a login so that other processes can finish it. One that opens a browser on
	 * this machine comes back to this process.
	 * @param login the login
	 * @param prompt its prompt
	 * @return a mono with the prompt. When it fails, nothing is left to release
	 */
	Mono<LoginPrompt> record(LoginRun login, LoginPrompt prompt) {
		LoginRequest request = login.subject().request();
		if (request.openBrowser()) {
			return Mono.just(prompt);
		}
		PendingLogin recorded = new PendingLogin(login.id(), request.owner(), prompt.expiresAt(), Progress.WAITING,
				Shown.of(prompt), prompt.secrets());
		return this.pending.add(login.key(), recorded)
			.doOnSuccess((done) -> share(login))
			.thenReturn(prompt)
			.onErrorResume((ex) -> Mono.fromRunnable(() -> prompt.close(LoginFailures.of(login.server(), ex)))
				.subscribeOn(this.endpoints.threads().blocking())
				.then(Mono.error(ex)));
	}

	/**
	 * Let the record of a login decide about its answer and its end.
	 * @param login the login
	 */
	void share(LoginRun login) {
		login.share(new RecordedLogin(this.pending, login.subject(), login.id(), this.endpoints,
				Mono.defer(() -> this.stored.grant(login.key()))));
	}

	/**
	 * The logins for a grant in all processes.
	 * @param server the MCP server
	 * @param key the grant
	 * @return a mono with the logins, the newest first. The process that would end a
	 * login which is over its time may have died: it has ended here
	 */
	Mono<List<PendingLogin>> of(McpServer server, GrantKey key) {
		return this.pending.of(key)
			.map((logins) -> logins.stream()
				.map((login) -> (login.progress().state() == Stage.WAITING && !isWaiting(login)) ? login.ended(
						LoginFailures.failure(server, Reason.TIMED_OUT, "no answer came in time. Start another login"))
						: login)
				.toList());
	}

	/**
	 * The newest login that waits for the user.
	 * @param key the grant
	 * @return a mono with the login, empty if absent
	 */
	Mono<PendingLogin> waiting(GrantKey key) {
		return this.pending.of(key)
			.flatMap((logins) -> Mono.justOrEmpty(logins.stream().filter(this::isWaiting).findFirst()));
	}

	/**
	 * The logins of all processes.
	 * @return the logins
	 */
	PendingLoginRepository pending() {
		return this.pending;
	}

	boolean isWaiting(PendingLogin login) {
		return login.isWaiting(this.endpoints.clock().instant());
	}

	/**
	 * End the logins for a grant in all processes.
	 * @param key the grant
	 * @return an empty mono. A logout must not fail because of a login, so it does not
	 */
	Mono<Void> clear(GrantKey key) {
		return this.pending.clear(key).onErrorResume((ex) -> {
			logger.debug("Logins to MCP server '%s' may go on in other processes".formatted(key), ex);
			return Mono.empty();
		});
	}

}
