// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Clock;
import java.time.Duration;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.work.WorkThreads;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * Waits for results. A command may block because nothing else runs on its thread.
 */
final class Results {

	private static final Duration LONGEST = Duration.ofMinutes(5);

	private Results() {
	}

	/**
	 * Wait for a result. The manager's own timeouts end the wait earlier; this bound is
	 * for a fault in them or in a bean of the application.
	 * @param <T> type of the result
	 * @param result the result
	 * @return its value
	 * @throws CommandException if there is no result within the bound
	 */
	static <T> T of(Mono<T> result) {
		return within(LONGEST, result);
	}

	/**
	 * Wait for a result that a user may have to answer questions for.
	 * @param <T> type of the result
	 * @param result the result
	 * @param questions how long the questions wait
	 * @return its value
	 * @throws CommandException if there is no result within the bound
	 */
	static <T> T of(Mono<T> result, Duration questions) {
		return within(LONGEST.plus(questions), result);
	}

	/**
	 * Wait until a login has ended.
	 * @param login the login
	 * @param clock the clock
	 * @return the status after it
	 * @throws CommandException if it does not end although its time is over
	 */
	static ServerStatus untilEnd(Login login, Clock clock) {
		return within(Duration.between(clock.instant(), login.expiresAt()).plus(LONGEST), login.completion());
	}

	private static <T> T within(Duration bound, Mono<T> result) {
		@Nullable T value = result
			.timeout(bound,
					Mono.error(() -> new CommandException(ExitCode.TRY_LATER,
							"Gave up after %d s without a result. Try again later".formatted(bound.toSeconds()))),
					WorkThreads.shared().timer())
			.block();
		Assert.state(value != null, "There was no result");
		return value;
	}

}
