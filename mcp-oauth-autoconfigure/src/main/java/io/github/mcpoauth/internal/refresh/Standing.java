// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

/**
 * The use that may be made of a grant now. It is computed here and nowhere else:
 * requests, recoveries, attempts, status, health, metrics and commands all use it.
 */
sealed interface Standing {

	/**
	 * Its token may be sent, and there is no need or no way to renew it.
	 */
	Standing USABLE = new Usable();

	/**
	 * Its token may be sent, and is renewed in the background.
	 */
	Standing RENEWABLE = new Renewable();

	/**
	 * Reason of a login after a new token was rejected.
	 */
	String REJECTED_AT_ONCE = "the server rejects the token that was issued just now";

	/**
	 * Compute the standing.
	 * @param memory the memory of the provider
	 * @param replaced the access token that must not be used, {@code null} if absent
	 * @param binding tells whether the grant belongs to the server as it is configured
	 * @param renewal how the grant is renewed
	 * @param millis the clock
	 * @param nanos reading of the counter for pauses
	 * @return the standing, which allocates nothing while the token is usable
	 */
	static Standing of(GrantMemory memory, @Nullable AccessToken replaced, GrantBinding binding, GrantRenewal renewal,
			long millis, long nanos) {
		CachedGrant cached = memory.cached();
		Grant grant = memory.grant();
		AccessToken token = memory.token();
		if (cached == null || grant == null || token == null) {
			String objection = renewal.objection(null);
			return (objection != null) ? new Absent(objection)
					: withoutToken(memory, null, Cause.FIRST, renewal, nanos, null);
		}
		String violation = binding.violation(grant);
		if (violation != null) {
			return renewal.startsAnew() ? withoutToken(memory, grant, Cause.OTHER_SETTINGS, renewal, nanos, null)
					: new LoginRequired(violation, null, null);
		}
		boolean expired = cached.isExpired(millis);
		if (memory.isRejected(token)) {
			RejectedToken rejected = Objects.requireNonNull(memory.rejected());
			Standing rest = rejected.isHopeless(nanos) ? hopeless(memory, grant, renewal, nanos, rejected)
					: withoutToken(memory, grant, Cause.REJECTED, renewal, nanos, rejected.since());
			return (!expired && rejected.pause().isOver(nanos)) ? new OnTrial(rejected, rest) : rest;
		}
		if (expired) {
			return withoutToken(memory, grant, Cause.EXPIRED, renewal, nanos, grant.expiresAt());
		}
		if (token.equals(replaced)) {
			return withoutToken(memory, grant, Cause.REPLACED, renewal, nanos, null);
		}
		if (cached.isFresh(millis)) {
			return USABLE;
		}
		boolean renewable = !memory.isWaiting(nanos) && renewal.objection(grant) == null
				&& memory.refusalOf(grant, renewal, nanos) == null;
		return renewable ? RENEWABLE : USABLE;
	}

	/**
	 * The standing of a grant whose token cannot be used, or which has no token.
	 */
	private static Standing withoutToken(GrantMemory memory, @Nullable Grant grant, Cause cause, GrantRenewal renewal,
			long nanos, @Nullable Instant since) {
		RefusedRenewal refusal = memory.refusalOf(grant, renewal, nanos);
		if (refusal != null) {
			return new LoginRequired(refusal.reason(), refusal.correction(), refusal.since());
		}
		String objection = renewal.objection(grant);
		if (objection != null) {
			return new LoginRequired(cause.reason() + " and " + objection, null, since);
		}
		RetryBackoff backoff = memory.backoff();
		return (backoff != null && backoff.isWaiting(nanos)) ? new Waiting(backoff) : new MustRenew(cause);
	}

	/**
	 * The standing of a grant after its new token was rejected at once.
	 */
	private static Standing hopeless(GrantMemory memory, Grant grant, GrantRenewal renewal, long nanos,
			RejectedToken rejected) {
		Standing rest = withoutToken(memory, grant, Cause.REJECTED, renewal, nanos, rejected.since());
		return (rest instanceof LoginRequired) ? rest : new LoginRequired(REJECTED_AT_ONCE, null, rejected.since());
	}

	/**
	 * The token may be sent.
	 */
	record Usable() implements Standing {

	}

	/**
	 * The token may be sent, and an attempt to renew it is started that no caller waits
	 * for.
	 */
	record Renewable() implements Standing {

	}

	/**
	 * The token was rejected some time ago. One request may send it again; all others do
	 * as the rest says.
	 *
	 * @param rejected the rejection
	 * @param rest the standing for all others
	 */
	record OnTrial(RejectedToken rejected, Standing rest) implements Standing {

	}

	/**
	 * There is no token to send before an attempt has ended.
	 *
	 * @param cause the cause
	 */
	record MustRenew(Cause cause) implements Standing {

	}

	/**
	 * There is no token to send, and the next attempt must wait.
	 *
	 * @param backoff the pause
	 */
	record Waiting(RetryBackoff backoff) implements Standing {

	}

	/**
	 * No attempt can bring a token: a user has to log in, or an operator to correct
	 * something.
	 *
	 * @param reason one sentence of cause
	 * @param correction the setting to correct, {@code null} where a login helps
	 * @param since since when, {@code null} if not known
	 */
	record LoginRequired(String reason, @Nullable String correction, @Nullable Instant since) implements Standing {

	}

	/**
	 * There is no grant, and the first one needs a login.
	 *
	 * @param reason one sentence of cause
	 */
	record Absent(String reason) implements Standing {

	}

	/**
	 * The cause of a renewal.
	 */
	enum Cause {

		/**
		 * There is no grant yet.
		 */
		FIRST("there is no token yet"),

		/**
		 * The token has expired.
		 */
		EXPIRED("its token has expired"),

		/**
		 * The MCP server rejected the token.
		 */
		REJECTED("the server rejected its token"),

		/**
		 * The grant does not match the settings.
		 */
		OTHER_SETTINGS("its token was got with other settings"),

		/**
		 * The token is usable and is replaced early or on demand.
		 */
		REPLACED("its token is to be replaced");

		private final String reason;

		Cause(String reason) {
			this.reason = reason;
		}

		String reason() {
			return this.reason;
		}

	}

}
