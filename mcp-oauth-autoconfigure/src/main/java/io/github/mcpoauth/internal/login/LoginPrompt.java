// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Instant;
import java.util.Map;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.McpOAuthException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A request to the user, and the grant that follows from the answer.
 */
interface LoginPrompt {

	/**
	 * The address for the user.
	 * @return the address
	 */
	URI authorizationUrl();

	/**
	 * When the address can no longer be opened, while the login goes on.
	 * @return the instant, {@code null} for no such limit
	 */
	default @Nullable Instant authorizationUrlExpiresAt() {
		return null;
	}

	/**
	 * Replace an address that can no longer be opened.
	 * @return an empty mono, which ends when {@link #authorizationUrl()} can be opened
	 */
	default Mono<Void> renewAuthorizationUrl() {
		return Mono.empty();
	}

	/**
	 * How the answer comes back.
	 * @return the redirect URI and state, {@code null} if no browser comes back
	 */
	default Login.@Nullable Callback callback() {
		return null;
	}

	/**
	 * The code that the user enters there.
	 * @return the code, {@code null} if absent
	 */
	default Login.@Nullable UserCode userCode() {
		return null;
	}

	/**
	 * Whether the authorization server offers a code instead.
	 * @return {@code true} if it does
	 */
	default boolean offersDeviceCode() {
		return false;
	}

	/**
	 * The instant at which an answer comes too late.
	 * @return the instant
	 */
	Instant expiresAt();

	/**
	 * Wait for the answer and exchange it. Subscribed to once. The prompt calls
	 * {@link LoginRun#exchanging()} when it has an answer.
	 * @return a mono with the grant, empty if the login has been cancelled
	 */
	Mono<IssuedGrant> grant();

	/**
	 * The members that another process needs to finish the login.
	 * @return names and values
	 */
	Map<String, Object> secrets();

	/**
	 * Take an answer that the user pasted.
	 * @param pasted the text
	 * @throws IllegalArgumentException if it cannot be the answer
	 */
	void complete(String pasted);

	/**
	 * Release everything that waits for the answer. Called once, on a thread that may
	 * block.
	 * @param failure the reason why the login failed, {@code null} if it did not
	 */
	default void close(@Nullable McpOAuthException failure) {
	}

}
