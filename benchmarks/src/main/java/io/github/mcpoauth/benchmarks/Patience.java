// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.time.Duration;

/**
 * How long to wait for an event that is overdue.
 */
final class Patience {

	static final Duration LONG = Duration.ofSeconds(60);

	private Patience() {
	}

}
