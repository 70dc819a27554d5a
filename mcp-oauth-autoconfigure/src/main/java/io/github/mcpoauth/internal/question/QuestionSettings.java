// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.question;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * How questions of servers are kept for users.
 *
 * @param timeout how long a question waits for its user
 * @param kept whether there is a place where users find the addresses that servers want
 * them to open. If not, servers are told of the modes of the handler only
 * @param page address of the page where users find them, {@code null} if absent
 */
public record QuestionSettings(Duration timeout, boolean kept, @Nullable String page) {

	/**
	 * How long a question waits where nothing else is said.
	 */
	public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

	public QuestionSettings {
		Assert.isTrue(!timeout.isNegative() && !timeout.isZero(), "'timeout' must be positive");
	}

	/**
	 * Settings without a place where users find questions.
	 * @return the settings
	 */
	public static QuestionSettings defaults() {
		return new QuestionSettings(DEFAULT_TIMEOUT, false, null);
	}

}
