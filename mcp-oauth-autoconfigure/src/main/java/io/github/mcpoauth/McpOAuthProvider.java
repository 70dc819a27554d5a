// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The handle of one grant: gives its token, recovers it from a 401, renews it, and starts
 * and ends logins for it. All handles of a grant share the same state. Safe for any
 * number of threads; nothing blocks, and nothing happens before subscription.
 * <p>
 * A handle belongs to the server as it was configured when the manager gave it out. Ask
 * the manager again for each piece of work instead of keeping a handle.
 */
public interface McpOAuthProvider {

	/**
	 * The grant.
	 * @return the key of the grant
	 */
	GrantKey key();

	/**
	 * The server that the grant is for.
	 * @return the server
	 */
	McpServer server();

	/**
	 * A token to send now. Notices when another process has changed the stored grant, and
	 * renews an expired token first. A token that is about to expire is returned at once
	 * and renewed in the background.
	 * @return a mono with the token, empty before the first login. Fails with
	 * {@link LoginRequiredException}, {@link TransientAuthorizationException} or
	 * {@link TokenStoreException}
	 */
	Mono<AccessToken> token();

	/**
	 * Recover from a 401. All callers with the same rejected token share one recovery,
	 * which runs to its end even if every caller cancels. A 403 for missing scopes is
	 * answered with the missing scopes, unless the grant was requested with them already.
	 * @param rejection the rejected token and the challenge of the server
	 * @return a mono with the answer, which does not fail; not recovered if the server
	 * was removed meanwhile
	 */
	Mono<Recovery> recover(Rejection rejection);

	/**
	 * Record that the server accepted a token, which clears earlier rejections of it.
	 * Cheap, and meant to be called for every successful answer.
	 * @param token the token that was sent
	 */
	void accepted(AccessToken token);

	/**
	 * Renew the token now, unless it is valid for longer than asked.
	 * @param minTtl how long the token must still be valid to be kept, {@code null} to
	 * renew it in any case
	 * @return a mono with the status afterwards. Fails as {@link #token()} does, and with
	 * {@link LoginRequiredException} before the first login
	 */
	Mono<ServerStatus> refresh(@Nullable Duration minTtl);

	/**
	 * Start a login, or join the pending one.
	 * @param request how to run it; ignored when joining
	 * @return a mono with the login, once its authorization URL is known. Fails with
	 * {@link LoginException}
	 */
	Mono<Login> login(LoginRequest request);

	/**
	 * The pending login of this process.
	 * @return the login, {@code null} if absent
	 */
	@Nullable Login currentLogin();

	/**
	 * The logins of the last minutes, also those that have ended. Where the store keeps
	 * logins, they include those that other processes began, and any of these processes
	 * may complete them.
	 * @return a mono with the logins as they are now, the newest first. Fails with
	 * {@link TokenStoreException}
	 */
	default Mono<List<Login>> logins() {
		return Mono.fromSupplier(() -> Stream.ofNullable(currentLogin()).toList());
	}

	/**
	 * Revoke the grant at the authorization server (RFC 7009, the refresh token first,
	 * best effort) and delete it here. The registered client is kept.
	 * @return a mono with whether the authorization server confirmed the revocation; the
	 * grant is deleted here in either case. Fails with {@link TokenStoreException}
	 */
	Mono<Boolean> logout();

	/**
	 * Log out and delete everything that is stored for the grant. With the application's
	 * own grant this includes the registered client and the metadata of the server, and
	 * the server is removed from this process; grants of users stay stored.
	 * @return as {@link #logout()}
	 */
	Mono<Boolean> remove();

	/**
	 * The status of the grant, from memory and the store, without the network.
	 * @return a mono with the status, which does not fail
	 */
	Mono<ServerStatus> status();

}
