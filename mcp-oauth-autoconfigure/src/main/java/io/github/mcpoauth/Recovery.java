// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The answer to a 401.
 *
 * @param outcome the outcome
 * @param token the token to send the request again with, {@code null} unless recovered
 * @param reason one sentence of cause, without a secret, {@code null} when recovered
 * @param retryAfter how long to wait before the next try makes sense, {@code null} when
 * not known or recovered
 * @param correction the setting to correct where no login can help, {@code null} if
 * absent
 */
public record Recovery(Outcome outcome, @Nullable AccessToken token, @Nullable String reason,
		@Nullable Duration retryAfter, @Nullable String correction) {

	/**
	 * A new token was had from the authorization server.
	 * @param token the token
	 * @return the recovery
	 */
	public static Recovery refreshed(AccessToken token) {
		return new Recovery(Outcome.REFRESHED, token, null, null, null);
	}

	/**
	 * Another caller, process or node had renewed the token already.
	 * @param token the token
	 * @return the recovery
	 */
	public static Recovery adopted(AccessToken token) {
		return new Recovery(Outcome.ADOPTED, token, null, null, null);
	}

	/**
	 * The authorization server or the store could not be used just now.
	 * @param reason one sentence of cause
	 * @param retryAfter when to try again, {@code null} if not known
	 * @return the recovery
	 */
	public static Recovery transientFailure(String reason, @Nullable Duration retryAfter) {
		return new Recovery(Outcome.TRANSIENT, null, reason, retryAfter, null);
	}

	/**
	 * A login is required.
	 * @param reason one sentence of cause
	 * @return the recovery
	 */
	public static Recovery reauthorize(String reason) {
		return reauthorize(reason, null);
	}

	/**
	 * A login is required, or a setting has to be corrected.
	 * @param reason one sentence of cause
	 * @param correction the setting to correct, {@code null} where a login helps
	 * @return the recovery
	 */
	public static Recovery reauthorize(String reason, @Nullable String correction) {
		return new Recovery(Outcome.REAUTHORIZE, null, reason, null, correction);
	}

	/**
	 * The token is good and has too few scopes.
	 * @param reason one sentence of cause that names the scopes
	 * @return the recovery
	 */
	public static Recovery insufficientScope(String reason) {
		return new Recovery(Outcome.INSUFFICIENT_SCOPE, null, reason, null, null);
	}

	/**
	 * The 401 is not about OAuth, or the server is not known here.
	 * @param reason one sentence of cause
	 * @return the recovery
	 */
	public static Recovery notRecovered(String reason) {
		return new Recovery(Outcome.NOT_RECOVERED, null, reason, null, null);
	}

	/**
	 * There is no token to send.
	 * @param failure why there is none
	 * @return the recovery
	 */
	public static Recovery failed(McpOAuthException failure) {
		if (failure instanceof LoginRequiredException login) {
			return reauthorize(login.getReason(), login.getCorrection());
		}
		String reason = String.valueOf(failure.getMessage());
		return (failure.getKind() == McpOAuthException.Kind.PRINCIPAL_REQUIRED) ? notRecovered(reason)
				: transientFailure(reason, failure.getRetryAfter());
	}

	/**
	 * Whether the request can be sent again.
	 * @return {@code true} if there is another token than the rejected one
	 */
	public boolean isRecovered() {
		return this.token != null;
	}

	/**
	 * Outcome of a 401.
	 */
	public enum Outcome {

		/**
		 * A new token was had from the authorization server.
		 */
		REFRESHED,

		/**
		 * Another caller, process or node had renewed the token already.
		 */
		ADOPTED,

		/**
		 * Nothing is lost, try again later.
		 */
		TRANSIENT,

		/**
		 * A login is required.
		 */
		REAUTHORIZE,

		/**
		 * A user has to consent to more scopes. The token stays in use.
		 */
		INSUFFICIENT_SCOPE,

		/**
		 * Not about OAuth, or not a server of ours.
		 */
		NOT_RECOVERED

	}

}
