// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.time.Duration;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Gets the next grant of one key. It does not decide the meaning of a failure.
 */
interface GrantRenewal {

	/**
	 * Whether the next grant needs the settings only, so that it can be obtained without
	 * a grant before it, and with other scopes.
	 * @return {@code false} if it needs the grant before
	 */
	boolean startsAnew();

	/**
	 * The reason why a grant cannot be renewed.
	 * @param grant the grant, {@code null} if absent
	 * @return the end of a sentence, {@code null} if one can
	 */
	@Nullable String objection(@Nullable Grant grant);

	/**
	 * The token that the next grant replaces: the refresh token where that is sent, else
	 * the access token. A refusal is about this token, and is over with another one.
	 * @param grant the grant, {@code null} if absent
	 * @return a token of the grant, {@code null} if absent
	 */
	@Nullable Secret replacedToken(@Nullable Grant grant);

	/**
	 * The state of the other credentials that are presented. A refusal is over when it
	 * changes. Takes microseconds, on any thread.
	 * @return something to compare
	 */
	Object stamp();

	/**
	 * How long a refusal is believed at most.
	 * @return the time, {@code null} until something changes
	 */
	@Nullable Duration refusalTerm();

	/**
	 * Get the next grant. To be called under the lock.
	 * @param grant the present grant, {@code null} if absent
	 * @param attempt the attempt that asks, with its trigger and the last challenges. Its
	 * steps are logged under its identifier
	 * @return a mono with the exchange. Fails with an {@link ExchangeException} or
	 * {@link NotRenewableException} if nothing was sent to the token endpoint, and with
	 * {@link io.github.mcpoauth.TokenStoreException}
	 */
	Mono<Exchange> renew(@Nullable Grant grant, RefreshAttempt attempt);

	/**
	 * The request for the next grant, and its answer.
	 *
	 * @param renewed the next grant, {@code null} on failure
	 * @param failure the failure, {@code null} on success
	 * @param replaced the grant that was renewed, with the facts found out on the way,
	 * {@code null} if absent
	 * @param client the client that asked, {@code null} if absent
	 * @param spentBefore whether the refresh token had been sent before with unknown
	 * outcome
	 */
	record Exchange(@Nullable Grant renewed, @Nullable ExchangeException failure, @Nullable Grant replaced,
			@Nullable OAuthClient client, boolean spentBefore) {

		/**
		 * Whether a client that registered dynamically asked, which can be replaced.
		 * @return {@code true} if so
		 */
		boolean isByRegisteredClient() {
			return this.client != null && this.client.origin() == OAuthClient.Origin.REGISTERED;
		}

	}

	/**
	 * Nothing can be sent: something is missing or does not match, and an operator has to
	 * correct it, or the user of a principal's grant has to be there.
	 */
	final class NotRenewableException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		private final boolean lasting;

		/**
		 * Create an exception.
		 * @param message the end of a sentence
		 * @param lasting whether another attempt is pointless until a change is known
		 */
		NotRenewableException(String message, boolean lasting) {
			super(message);
			this.lasting = lasting;
		}

		boolean isLasting() {
			return this.lasting;
		}

	}

}
