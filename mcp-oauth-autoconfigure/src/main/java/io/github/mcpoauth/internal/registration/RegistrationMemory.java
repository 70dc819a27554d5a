// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.registration;

import java.time.Instant;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.internal.refresh.RetryBackoff;
import io.github.mcpoauth.internal.work.Pause;
import org.jspecify.annotations.Nullable;

/**
 * All that this process remembers of the token of one user. A transition returns the next
 * memory.
 *
 * @param current the last token, {@code null} if absent
 * @param untried the token that replaced a rejected one and was not accepted yet,
 * {@code null} if absent
 * @param rejected the token that was rejected and could not be replaced, {@code null} if
 * absent
 * @param backoff the pause after transient failures, {@code null} if absent
 * @param missing why a login is required, {@code null} unless it is
 */
record RegistrationMemory(@Nullable ClientToken current, @Nullable AccessToken untried, @Nullable Rejected rejected,
		@Nullable RetryBackoff backoff, @Nullable Missing missing) {

	static final RegistrationMemory EMPTY = new RegistrationMemory(null, null, null, null, null);

	/**
	 * A token was obtained.
	 */
	RegistrationMemory received(ClientToken token, @Nullable ClientToken replaced) {
		boolean other = replaced != null && !token.token().equals(replaced.token());
		AccessToken untried = other ? token.token() : is(this.untried, token.token()) ? this.untried : null;
		Rejected rejected = (this.rejected != null && is(this.rejected.token, token.token())) ? this.rejected : null;
		return new RegistrationMemory(token, untried, rejected, null, null);
	}

	RegistrationMemory accepted(AccessToken token) {
		return new RegistrationMemory(this.current, is(this.untried, token) ? null : this.untried,
				(this.rejected != null && is(this.rejected.token, token)) ? null : this.rejected, this.backoff,
				this.missing);
	}

	RegistrationMemory rejected(AccessToken token, Pause pause) {
		return new RegistrationMemory(this.current, null, new Rejected(token, pause), this.backoff, this.missing);
	}

	RegistrationMemory failed(RetryBackoff pause) {
		return new RegistrationMemory(this.current, this.untried, this.rejected, pause, this.missing);
	}

	RegistrationMemory lost(Missing why) {
		return new RegistrationMemory(null, null, null, null, why);
	}

	/**
	 * The last token, where it is good although it cannot be renewed just now.
	 */
	@Nullable ClientToken fallback(Instant now, long nanos) {
		ClientToken token = this.current;
		return (token != null && !token.isExpired(now) && !isRejected(token.token(), nanos)) ? token : null;
	}

	boolean isUntried(AccessToken token) {
		return is(this.untried, token);
	}

	boolean isRejected(AccessToken token, long nanos) {
		return this.rejected != null && is(this.rejected.token, token) && !this.rejected.pause.isOver(nanos);
	}

	boolean isWaiting(long nanos) {
		return this.backoff != null && this.backoff.isWaiting(nanos);
	}

	private static boolean is(@Nullable AccessToken one, AccessToken other) {
		return one != null && one.equals(other);
	}

	/**
	 * A token that the MCP server does not accept.
	 *
	 * @param token the token
	 * @param pause how long it is not sent again
	 */
	record Rejected(AccessToken token, Pause pause) {

	}

	/**
	 * Why there is no token.
	 *
	 * @param reason one sentence of cause
	 * @param correction the setting to correct, {@code null} where a login helps
	 */
	record Missing(String reason, @Nullable String correction) {

	}

}
