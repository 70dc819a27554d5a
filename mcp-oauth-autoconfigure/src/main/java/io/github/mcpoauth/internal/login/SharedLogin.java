// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Duration;
import java.util.function.BooleanSupplier;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The part of a login that other processes know. The methods as they stand here are those
 * of a login that only this process knows.
 */
interface SharedLogin {

	/**
	 * A login that only this process knows.
	 */
	static SharedLogin none() {
		return new SharedLogin() {
		};
	}

	/**
	 * Take the answer of the user for this process.
	 * @return an empty mono. Fails with {@link EndedElsewhereException} if another
	 * process has taken it, or the login has ended there
	 */
	default Mono<Void> claim() {
		return Mono.empty();
	}

	/**
	 * Take the turn to ask whether the user has confirmed a code.
	 * @param interval the least time between two polls
	 * @return a mono with the interval that all processes have agreed on, empty if
	 * another process polls. Fails with {@link EndedElsewhereException} if the login has
	 * ended there
	 */
	default Mono<Duration> turn(Duration interval) {
		return Mono.just(interval);
	}

	/**
	 * End a turn, because the user has not decided yet.
	 * @param interval the least time between two polls from now on
	 * @param pause how long no process is to poll
	 * @return an empty mono, which does not fail
	 */
	default Mono<Void> polled(Duration interval, Duration pause) {
		return Mono.empty();
	}

	/**
	 * Look whether the login goes on. If not, its {@link #watched work} ends soon.
	 * @return a mono with the answer
	 */
	default Mono<Boolean> look() {
		return Mono.just(true);
	}

	/**
	 * Do the work of the login, and follow the other processes if one of them ends it.
	 * @param here the work
	 * @param takeOver called when another process has ended the login; {@code false} if
	 * this process has an answer, and so will find that out by itself
	 * @return a mono that ends as the work, or as the login of the other process
	 */
	default Mono<Grant> watched(Mono<Grant> here, BooleanSupplier takeOver) {
		return here;
	}

	/**
	 * Tell the others that the login has ended here.
	 * @param failure the failure, {@code null} if a grant is stored
	 * @return an empty mono, which does not fail
	 */
	default Mono<Void> ended(@Nullable McpOAuthException failure) {
		return Mono.empty();
	}

	/**
	 * Leave the login to other processes, if it is kept for them.
	 */
	default void leave() {
	}

	/**
	 * Whether another process ends the login, so that its end is not announced here.
	 */
	default boolean isEndedElsewhere() {
		return false;
	}

	/**
	 * Another process has taken the answer, or has ended the login.
	 */
	final class EndedElsewhereException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		EndedElsewhereException() {
			super("Another process has ended the login", null, false, false);
		}

	}

}
