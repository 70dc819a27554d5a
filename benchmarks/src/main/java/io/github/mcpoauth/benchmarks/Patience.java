// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.time.Duration;

/**
 * How long to wait for what should have happened long before.
 */
final class Patience {

	static final Duration LONG = Duration.ofSeconds(60);

	private Patience() {
	}

}
