// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.time.Instant;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RetryAfter}.
 */
class RetryAfterTests {

	private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");

	@ParameterizedTest
	@DisplayName("F8 Retry-After is seconds or a date, and never more than a day")
	@CsvSource({ "120, PT2M", "' 120 ', PT2M", "0, ", "-1, ", "1.5, ", "86401, P1D", "999999999, P1D",
			"99999999999999999999999, P1D", "'Fri, 01 May 2026 12:00:30 GMT', PT30S",
			"'Fri, 1 May 2026 12:00:30 GMT', PT30S", "'Fri, 01 May 2026 11:59:30 GMT', ",
			"'Sat, 01 May 2027 12:00:30 GMT', P1D", "'Mon, 01 May 2026 12:00:30 GMT', ", "tomorrow, ", "'', ", ", " })
	void parseWhenValueIsGivenIsBounded(@Nullable String value, @Nullable Duration expected) {
		assertThat(RetryAfter.parse(value, NOW)).isEqualTo(expected);
	}

	@Property
	void parseWhenValueIsAnythingIsBounded(@ForAll String value) {
		Duration wait = RetryAfter.parse(value, NOW);
		assertThat(wait == null || (wait.compareTo(Duration.ZERO) > 0 && wait.compareTo(RetryAfter.LONGEST) <= 0))
			.isTrue();
	}

}
