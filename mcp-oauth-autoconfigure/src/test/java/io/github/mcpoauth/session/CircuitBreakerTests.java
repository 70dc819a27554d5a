// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CircuitBreaker}.
 */
class CircuitBreakerTests {

	private static final Duration PAUSE = Duration.ofSeconds(60);

	private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1);

	private final CircuitBreaker breaker = new CircuitBreaker(1, PAUSE, this.now::get);

	@Test
	@DisplayName("X14: a probe that reports nothing runs out")
	void tryCallWhenAProbeReportsNothingAdmitsAnotherAfterThePause() {
		this.breaker.failed("no");
		this.now.addAndGet(PAUSE.toNanos());
		assertThat(this.breaker.tryCall()).isNull();
		assertThat(this.breaker.tryCall()).isNotNull();
		this.now.addAndGet(PAUSE.toNanos());
		assertThat(this.breaker.tryCall()).isNull();
		assertThat(this.breaker.tryCall()).isNotNull();
		this.breaker.succeeded();
		assertThat(this.breaker.tryCall()).isNull();
	}

	@Test
	@DisplayName("X17: a pause is measured with the counter, which overflows and is no clock")
	void tryCallWhenTheCounterOverflowsCountsThePause() {
		this.breaker.failed("no");
		this.now.addAndGet(PAUSE.toNanos() - 1);
		assertThat(this.breaker.tryCall()).isNotNull()
			.extracting("remaining", "failures", "lastFailure")
			.containsExactly(Duration.ofNanos(1), 1, "no");
		this.now.addAndGet(1);
		assertThat(this.breaker.tryCall()).isNull();
	}

	@Test
	void tryCallWhenAProbeIsUndecidedAdmitsAnother() {
		this.breaker.failed("no");
		this.now.addAndGet(PAUSE.toNanos());
		assertThat(this.breaker.tryCall()).isNull();
		this.breaker.undecided();
		assertThat(this.breaker.tryCall()).isNull();
	}

}
