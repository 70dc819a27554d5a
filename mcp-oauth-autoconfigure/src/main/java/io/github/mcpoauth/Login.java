// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.time.Instant;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A login under way. There is at most one per server; a request for another joins it.
 * Until it ends well, the grant there was before stays as it is.
 */
public interface Login {

	/**
	 * A short random name of this flow, fit for logs and addresses.
	 * @return the flow id
	 */
	String id();

	/**
	 * The server.
	 * @return its name
	 */
	String server();

	/**
	 * Where the user has to go.
	 * @return the authorization URL, or for a login with a device code its verification
	 * URI, with the code in it if the server offers that; {@code null} for a login that
	 * needs no user
	 */
	@Nullable URI authorizationUrl();

	/**
	 * When that address can no longer be opened. A server that takes pushed authorization
	 * requests (RFC 9126) keeps them for a minute or so. The login goes on: a user who
	 * has opened the address in time has until {@link #expiresAt()}.
	 * @return the instant, {@code null} if the address is good for the whole login
	 */
	default @Nullable Instant authorizationUrlExpiresAt() {
		return null;
	}

	/**
	 * The address to send the user to now. Gets another one for the same login if
	 * {@link #authorizationUrl()} can no longer be opened.
	 * @return a mono with the address, empty for a login that needs no user; fails with
	 * {@link LoginException} if the authorization server gives no other address
	 */
	default Mono<URI> openableUrl() {
		return Mono.justOrEmpty(authorizationUrl());
	}

	/**
	 * How the answer comes back.
	 * @return the redirect URI and the state of this login, {@code null} for a login that
	 * sends no browser back
	 */
	default @Nullable Callback callback() {
		return null;
	}

	/**
	 * The code that the user enters there, or compares with the displayed one.
	 * @return the code and where to enter it, {@code null} but for a login with a device
	 * code
	 */
	default @Nullable UserCode userCode() {
		return null;
	}

	/**
	 * Whether the authorization server offers a login with a code that the user confirms
	 * on another device, which could be started instead of this one.
	 * @return {@code true} if it does and this is not such a login
	 */
	default boolean offersDeviceCode() {
		return false;
	}

	/**
	 * The owner that the {@link LoginRequest} named, in whichever process.
	 * @return the owner, {@code null} if absent
	 */
	default @Nullable String owner() {
		return null;
	}

	/**
	 * Whether the answer of the user has arrived, which is taken once.
	 * @return {@code true} if it has, in whichever process
	 */
	default boolean isAnswered() {
		return false;
	}

	/**
	 * Why the login has ended without a grant.
	 * @return the failure, {@code null} while the login goes on and when it ended well
	 */
	default @Nullable LoginException failure() {
		return null;
	}

	/**
	 * When the login times out.
	 * @return the end of the callback timeout, or of the device code
	 */
	Instant expiresAt();

	/**
	 * Hand in the text that the user copied from the browser: the whole redirect URL, its
	 * query, or the bare code.
	 * @param pasted the text
	 * @return a mono that ends as {@link #completion()} does, or fails with
	 * {@link IllegalArgumentException} for any other text, and always for a login with a
	 * device code, which ends by itself. That leaves the login in progress
	 */
	Mono<ServerStatus> complete(String pasted);

	/**
	 * The end of the login, for any number of subscribers. Cancelling a subscription does
	 * not cancel the login.
	 * @return a mono with the new status, once the grant is stored; fails with
	 * {@link LoginException} or {@link TokenStoreException}
	 */
	Mono<ServerStatus> completion();

	/**
	 * End the login now. Its completion fails with
	 * {@link LoginException.Reason#CANCELLED}.
	 */
	void cancel();

	/**
	 * How the answer to a login is told from others.
	 *
	 * @param redirectUri where the browser is sent back to
	 * @param state the state that it brings along (RFC 6749, section 4.1.2)
	 */
	record Callback(URI redirectUri, Secret state) {

	}

	/**
	 * The code that a user takes to another device to log in there (RFC 8628, section
	 * 3.2). It is for that user only, and {@link #toString()} leaves the code out.
	 *
	 * @param value the code, as it has to be typed: some printable characters
	 * @param verificationUri where to type it
	 * @param verificationUriComplete the same with the code in it, for a link or a QR
	 * code, {@code null} if the server does not send one. The user should still see the
	 * code, and compare it with the displayed one
	 */
	record UserCode(String value, URI verificationUri, @Nullable URI verificationUriComplete) {

		@Override
		public String toString() {
			return "UserCode[verificationUri=%s]".formatted(this.verificationUri);
		}

	}

}
