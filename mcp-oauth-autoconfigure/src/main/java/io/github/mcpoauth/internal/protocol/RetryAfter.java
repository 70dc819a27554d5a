// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

import org.jspecify.annotations.Nullable;

/**
 * The {@code Retry-After} header (RFC 9110, section 10.2.3).
 */
final class RetryAfter {

	/**
	 * No server may silence a client for longer.
	 */
	static final Duration LONGEST = Duration.ofDays(1);

	private RetryAfter() {
	}

	/**
	 * Read the header.
	 * @param value seconds or an HTTP date, or {@code null}
	 * @param now the instant of the answer
	 * @return how long to wait, at most a day; {@code null} without a value, for a point
	 * in the past and for any other text
	 */
	static @Nullable Duration parse(@Nullable String value, Instant now) {
		if (value == null || value.isBlank()) {
			return null;
		}
		String text = value.strip();
		Duration wait = text.chars().allMatch((c) -> c >= '0' && c <= '9') ? seconds(text) : until(text, now);
		if (wait == null || wait.isNegative() || wait.isZero()) {
			return null;
		}
		return (wait.compareTo(LONGEST) > 0) ? LONGEST : wait;
	}

	private static Duration seconds(String digits) {
		return (digits.length() > 9) ? LONGEST : Duration.ofSeconds(Long.parseLong(digits));
	}

	private static @Nullable Duration until(String date, Instant now) {
		try {
			return Duration.between(now, ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME));
		}
		catch (DateTimeException ex) {
			return null;
		}
	}

}
