// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.List;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * How the next grant of one key is got. Decides nothing about what a failure means.
 */
interface GrantRenewal {

	/**
	 * Whether the next grant comes of the settings alone, whatever grant there is, so
	 * that it can be had when there is none and with other scopes.
	 * @return {@code false} if it comes of the grant before
	 */
	boolean startsAnew();

	/**
	 * Why no next grant can come of a grant.
	 * @param grant the grant, {@code null} for none
	 * @return the end of a sentence, {@code null} if one can
	 */
	@Nullable String objection(@Nullable Grant grant);

	/**
	 * What is used up or replaced when the next grant is got. A refusal is about this,
	 * and over with another one.
	 * @param grant the grant, {@code null} for none
	 * @return a token of the grant, {@code null} if there is none
	 */
	@Nullable Secret spends(@Nullable Grant grant);

	/**
	 * The state of what the next grant is asked for with besides. A refusal is over when
	 * it changes. Takes microseconds, on any thread.
	 * @return something to compare
	 */
	Object stamp();

	/**
	 * How long a refusal is believed at most.
	 * @return the time, {@code null} for good
	 */
	@Nullable Duration refusalTerm();

	/**
	 * Get the next grant. To be called under the lock.
	 * @param grant the grant there is, {@code null} for none
	 * @param trigger why it is to be replaced
	 * @param challenges values of the {@code WWW-Authenticate} headers of the last answer
	 * that had one
	 * @return a mono with what came of it. Fails with an {@link ExchangeException} or
	 * {@link NotRenewableException} if it did not come to asking, and with
	 * {@link io.github.mcpoauth.TokenStoreException}
	 */
	Mono<Renewal> renew(@Nullable Grant grant, Trigger trigger, List<String> challenges);

	/**
	 * What came of it.
	 *
	 * @param renewed the next grant, {@code null} on failure
	 * @param failure the failure, {@code null} on success
	 * @param spent the grant it came of, with what was found out on the way, {@code null}
	 * for none
	 * @param client the client that asked, {@code null} for none
	 * @param spentBefore whether what was spent had been sent before with unknown outcome
	 */
	record Renewal(@Nullable Grant renewed, @Nullable ExchangeException failure, @Nullable Grant spent,
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
	 * Nothing can be asked for: something is missing, or does not fit, that somebody has
	 * to correct.
	 */
	final class NotRenewableException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		private final boolean lasting;

		/**
		 * Create an exception.
		 * @param message the end of a sentence
		 * @param lasting whether there is no point in another look as long as nothing is
		 * known to have changed
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
